"""The reference pipeline as it is usually written: four scripts in Python with
pandas and torch that hand files on to each other.

  python -m tests.bench.pipeline.reference STEP FOLDER

STEP: load, prepare, train, forecast. FOLDER has airline-passengers.csv and gets
all other files.
"""

import pathlib
import sys

EPOCHS = 100
LOOKBACK = 4


def load(folder):
    import pandas
    import torch

    table = pandas.read_csv(folder / "airline-passengers.csv")
    series = table[["Passengers"]].values.astype("float32")
    rows = int(len(series) * 0.7)
    torch.save(torch.tensor(series[:rows]), folder / "train.pt")
    torch.save(torch.tensor(series[rows:]), folder / "test.pt")
    torch.save(torch.tensor(series[-LOOKBACK:]), folder / "forecast.pt")


def prepare(folder):
    import torch

    for part in ("train", "test"):
        series = torch.load(folder / f"{part}.pt")
        x, y = [], []
        for i in range(len(series) - LOOKBACK):
            x.append(series[i : i + LOOKBACK])
            y.append(series[i + LOOKBACK])
        torch.save(torch.stack(x), folder / f"X_{part}.pt")
        torch.save(torch.stack(y), folder / f"y_{part}.pt")
    series = torch.load(folder / "forecast.pt")
    torch.save(series.unsqueeze(0), folder / "X_forecast.pt")


def make_model(hidden=50):
    import torch

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.lstm = torch.nn.LSTM(1, hidden, batch_first=True)
            self.linear = torch.nn.Linear(hidden, 1)

        def forward(self, x):
            return self.linear(self.lstm(x)[0][:, -1])

    return Model()


def fit(x_train, y_train, x_test, y_test):
    import torch

    model = make_model()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    loss_of = torch.nn.MSELoss()
    loader = torch.utils.data.DataLoader(
        torch.utils.data.TensorDataset(x_train, y_train),
        batch_size=8,
        shuffle=True,
    )
    for epoch in range(EPOCHS):
        model.train()
        for x, y in loader:
            loss = loss_of(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        if epoch % 10 and epoch != EPOCHS - 1:
            continue
        model.eval()
        with torch.no_grad():
            for x, y in ((x_train, y_train), (x_test, y_test)):
                torch.sqrt(loss_of(model(x), y)).item()
    return model


def train(folder):
    import torch

    names = ("X_train", "y_train", "X_test", "y_test")
    model = fit(*(torch.load(folder / f"{name}.pt") for name in names))
    torch.save(model.state_dict(), folder / "weights.pt")


def forecast(folder):
    import torch

    model = make_model()
    model.load_state_dict(torch.load(folder / "weights.pt"))
    model.eval()
    with torch.no_grad():
        result = model(torch.load(folder / "X_forecast.pt"))
    torch.save(result, folder / "y_forecast.pt")
    return result.item()


STEPS = {
    "load": load,
    "prepare": prepare,
    "train": train,
    "forecast": forecast,
}


def main():
    step, folder = sys.argv[1:]
    STEPS[step](pathlib.Path(folder))


if __name__ == "__main__":
    main()
