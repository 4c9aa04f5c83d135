"""`catenary info`: the machine, and what files hold."""

from __future__ import annotations

import json
from pathlib import Path

import numpy
import torch

from catenary import links, optimizers, serializers
from catenary.cli import main

GOLDEN = Path(__file__).parents[1] / "golden"


def described(capsys, *words):
    assert main(["info", "--json", *map(str, words)]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_machine(capsys):
    found = described(capsys)
    assert found["torch"] == torch.__version__
    assert found["numpy"] == numpy.__version__
    assert found["threads"] == torch.get_num_threads()
    assert found["devices"][0] == "cpu"
    assert {"catenary", "python", "h5py", "cupy", "compiled kernels", "thread pool"} <= set(found)
    assert main(["info"]) == 0
    assert f"numpy             {numpy.__version__}\n" in capsys.readouterr().out


def test_a_models_file(capsys, tmp_path):
    serializers.save_npz(str(tmp_path / "m.npz"), links.Linear(3, 2))
    found = described(capsys, tmp_path / "m.npz")
    assert found["format"] == "npz"
    assert found["values"] == 8
    assert sorted(found["arrays"], key=lambda one: one["name"]) == [
        {"name": "W", "dtype": "float32", "shape": [2, 3]},
        {"name": "b", "dtype": "float32", "shape": [2]},
    ]
    assert "optimizers" not in found


def test_an_optimizers_file(capsys, tmp_path):
    model = links.Linear(3, 2)
    optimizer = optimizers.Adam(alpha=0.5).setup(model)
    model.cleargrads()
    optimizer.update()
    serializers.save_hdf5(str(tmp_path / "o.h5"), optimizer)
    (one,) = described(capsys, tmp_path / "o.h5")["optimizers"].values()
    assert (one["t"], one["epoch"], one["parameters"]) == (1, 0, 2)
    assert one["states"] == ["m", "v"]
    assert one["hyperparameters"]["alpha"] == 0.5
    assert main(["info", str(tmp_path / "o.h5")]) == 0
    out = capsys.readouterr().out
    assert "optimizer .\n  t: 1\n  epoch: 0\n" in out
    assert "  states: m, v\n  parameters: 2\n" in out


def test_a_snapshot_of_the_original_with_any_name(capsys):
    found = described(capsys, GOLDEN / "legacy" / "snapshot_iter_12")
    assert found["iteration"] == 12
    (place,) = found["optimizers"]
    assert place == "updater/optimizer:main"
    assert found["optimizers"][place]["parameters"] == 4
    assert found["optimizers"][place]["states"] == ["m", "v"]
    assert found["others"]["extensions/LogReport/_log"].endswith("...")


def test_files_of_torch(capsys, tmp_path):
    state = {"a": torch.ones(2, dtype=torch.bfloat16), "note": "text", "step": 3}
    torch.save(state, tmp_path / "a.pt")
    found = described(capsys, tmp_path / "a.pt")
    assert found["arrays"] == [
        {"name": "a", "dtype": "bfloat16", "shape": [2]},
        {"name": "step", "dtype": "int64", "shape": []},
    ]
    assert found["others"] == {"note": "'text'"}


class Harm:
    def __reduce__(self):
        return (Path("harm").touch, ())


def test_of_a_pickled_array_it_says_that_it_was_not_read(capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    nothing = numpy.asarray(None)
    numpy.savez("a.npz", W=numpy.ones(3), odd=numpy.asarray([Harm()], object), none=nothing)
    found = described(capsys, "a.npz")
    assert [one["name"] for one in found["arrays"]] == ["W"]
    assert found["others"] == {
        "odd": "a pickled Python object, not read (a pickle is a program)",
        "none": "None",
    }
    assert main(["info", "a.npz"]) == 0
    assert "  odd  a pickled Python object, not read" in capsys.readouterr().out
    assert not Path("harm").exists()
