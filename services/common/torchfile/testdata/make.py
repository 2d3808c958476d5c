"""Writes the test files with PyTorch: make.py, in this folder."""

import collections

import torch

torch.save(torch.arange(6, dtype=torch.float32).reshape(2, 3), "tensor.pt")

linear = torch.nn.Linear(2, 1)
with torch.no_grad():
    linear.weight.copy_(torch.tensor([[0.5, -0.25]]))
    linear.bias.copy_(torch.tensor([3.0]))
torch.save(linear.state_dict(), "state_dict.pt")
torch.save(linear, "module.pt")
torch.save(torch.zeros(1), "legacy.pt", _use_new_zipfile_serialization=False)

base = torch.arange(6, dtype=torch.float32).reshape(2, 3)
torch.save(
    {
        "transposed": base.t(),
        "part": base[1],
        "model": collections.OrderedDict(weight=linear.weight),
        "list": [torch.tensor([1]), torch.tensor([0.5], dtype=torch.float64)],
        "bool": torch.tensor([True, False]),
        "half": torch.tensor([1.0], dtype=torch.float16),
        "bfloat16": torch.tensor([1.0], dtype=torch.bfloat16),
        "empty": torch.zeros(0, 2),
        "scalar": torch.tensor(7.0),
        "epoch": 5,
        "name": "lstm",
    },
    "nested.pt",
)
