"""The harness itself: it asks the original, and nobody else."""

from __future__ import annotations

import numpy
import pytest

from catenary.as_chainer import CHAINER_VERSION
from tests.oracle.harness import OracleError, find


@pytest.mark.oracle
def test_it_is_the_original_that_answers(oracle, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(oracle.folder))
    (oracle.folder / "chainer.py").write_text("__version__ = 'an impostor'")
    said = oracle("outputs['chainer'] = chainer.__version__; outputs['numpy'] = numpy.__version__")
    assert said["chainer"] == CHAINER_VERSION
    assert str(said["numpy"]).startswith("1.")


@pytest.mark.oracle
def test_arrays_go_there_and_back_bit_by_bit(oracle):
    arrays = {
        "half": numpy.array([1e-7, numpy.nan, -0.0], "float16"),
        "scalar": numpy.array(numpy.pi),
        "empty": numpy.zeros((0, 3), "float32"),
    }
    said = oracle("outputs.update(inputs)", **arrays)
    assert said.keys() == arrays.keys()
    for name, array in arrays.items():
        assert (said[name].dtype, said[name].shape) == (array.dtype, array.shape)
        assert said[name].tobytes() == array.tobytes()


@pytest.mark.oracle
def test_it_hears_arguments(oracle):
    said = oracle("import sys; outputs['heard'] = sys.argv[1:]", "one", "two words")
    assert said["heard"].tolist() == ["one", "two words"]


@pytest.mark.oracle
def test_files_are_shared_through_the_folder(oracle):
    oracle("chainer.serializers.save_npz('link.npz', chainer.links.Linear(2, 3))")
    with numpy.load(oracle.folder / "link.npz") as file:
        assert file["W"].shape == (3, 2)


@pytest.mark.oracle
def test_a_failure_there_fails_here(oracle):
    with pytest.raises(OracleError, match="ZeroDivisionError"):
        oracle("1 / 0")


def test_absence_is_told_from_a_mistake(tmp_path):
    assert find({}, tmp_path) is None
    with pytest.raises(FileNotFoundError, match=r"CATENARY_ORACLE is nowhere/python, and"):
        find({"CATENARY_ORACLE": "nowhere/python"}, tmp_path)


def test_the_named_one_goes_before_the_installed_one(tmp_path):
    for folder in (".oracle/bin", "other"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "python").touch()
    assert find({}, tmp_path) == tmp_path / ".oracle" / "bin" / "python"
    assert find({"CATENARY_ORACLE": "other/python"}, tmp_path) == tmp_path / "other" / "python"
