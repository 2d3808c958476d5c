"""Files that runs have read and written."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import pathlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import safetensors.numpy

from stagecoach.errors import DataLossError, translated
from stagecoach.v1 import artifact_pb2, orchestrator_pb2

if TYPE_CHECKING:
    import torch
    from numpy.typing import NDArray

    from stagecoach.client import Client


class Artifact:
    """An immutable file on a volume: its record, and its content on demand.

    `proto` is the whole record.
    """

    def __init__(self, client: Client, proto: artifact_pb2.Artifact) -> None:
        self._client = client
        self.proto = proto

    @property
    def name(self) -> str:
        """Name of the output or input that it stands for."""
        return str(self.proto.name)

    @property
    def uri(self) -> str:
        """Where it is: `pvc://<volume>/<path>`."""
        return str(self.proto.uri)

    @property
    def type(self) -> str:
        """`tensor`, `weights`, `table`, `report`, `text` or `file`."""
        name = artifact_pb2.ArtifactType.Name(self.proto.type)
        return str(name.removeprefix("ARTIFACT_TYPE_").lower())

    @property
    def sha256(self) -> str:
        """Its digest, 64 hexadecimal digits."""
        return str(self.proto.sha256)

    @property
    def size_bytes(self) -> int:
        return int(self.proto.size_bytes)

    @property
    def metadata(self) -> dict[str, str]:
        """Short facts from the stage that wrote it."""
        return dict(self.proto.metadata)

    def __repr__(self) -> str:
        return f"<Artifact {self.name} {self.type} {self.uri}>"

    def chunks(self) -> Iterator[bytes]:
        """Yields the bytes, piece by piece; the digest is checked at the end.

        Raises DataLossError if they are not those that were recorded.
        """
        digest = hashlib.sha256()
        request = orchestrator_pb2.ReadArtifactRequest(uri=self.uri)
        with translated():
            for part in self._client.stub.ReadArtifact(request):
                digest.update(part.data)
                yield part.data
        if self.sha256 and digest.hexdigest() != self.sha256:
            raise DataLossError(
                f"{self.uri} arrived with SHA-256 {digest.hexdigest()}, but "
                f"its record says {self.sha256}"
            )

    def read(self) -> bytes:
        """Returns the whole file."""
        return b"".join(self.chunks())

    def save(self, path: str | pathlib.Path) -> pathlib.Path:
        """Writes the file to `path`, whole or not at all; returns the path."""
        target = pathlib.Path(path)
        part = target.with_name(target.name + ".part")
        try:
            with part.open("wb") as file:
                for chunk in self.chunks():
                    file.write(chunk)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        return target

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Returns the tensors of a safetensors file as NumPy arrays by name."""
        loaded: dict[str, NDArray[Any]] = safetensors.numpy.load(self.read())
        return loaded

    def numpy(self, name: str | None = None) -> NDArray[Any]:
        """Returns one tensor as a NumPy array; `name` may be left out if the
        file has just one."""
        found: NDArray[Any] = self._choose(self.arrays(), name)
        return found

    def tensors(self) -> dict[str, torch.Tensor]:
        """Returns the tensors of a safetensors file by name; needs torch.

        Weights load with `load_state_dict`.
        """
        import safetensors.torch

        loaded: dict[str, torch.Tensor] = safetensors.torch.load(self.read())
        return loaded

    def tensor(self, name: str | None = None) -> torch.Tensor:
        """As `numpy`, as a tensor of torch."""
        found: torch.Tensor = self._choose(self.tensors(), name)
        return found

    def text(self) -> str:
        """Returns the file as UTF-8 text."""
        return self.read().decode()

    def json(self) -> Any:
        """Returns what the JSON document holds."""
        return json.loads(self.read())

    def rows(self) -> list[dict[str, str]]:
        """Returns the rows of a table by column, as text."""
        return list(csv.DictReader(io.StringIO(self.text(), newline="")))

    def column(self, name: str) -> NDArray[np.float64]:
        """Returns a column of numbers of a table."""
        rows = self.rows()
        if rows and name not in rows[0]:
            raise KeyError(
                f"{self.uri} has no column {name!r}; it has {list(rows[0])}"
            )
        return np.array([float(row[name] or "nan") for row in rows])

    def _choose(self, tensors: dict[str, Any], name: str | None) -> Any:
        if name is None and len(tensors) == 1:
            return next(iter(tensors.values()))
        if name is None or name not in tensors:
            asked = "" if name is None else f" no {name!r};"
            raise KeyError(f"{self.uri} has{asked} tensors {sorted(tensors)}")
        return tensors[name]
