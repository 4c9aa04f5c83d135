"""`chainermn` with one process: data comes back as it went, messages are refused."""

from __future__ import annotations

import numpy
import pytest

from catenary import links as L
from catenary import optimizers
from catenary.standin.packages import chainermn


@pytest.fixture
def comm():
    return chainermn.create_communicator("naive")


def test_it_is_rank_0_of_1(comm):
    assert (comm.rank, comm.intra_rank, comm.inter_rank) == (0, 0, 0)
    assert (comm.size, comm.intra_size, comm.inter_size) == (1, 1, 1)
    assert isinstance(comm.split(0, 0), chainermn.CommunicatorBase)


@pytest.mark.parametrize("name", ["naive", "flat", "pure_nccl", "hierarchical", "single_node"])
def test_every_kind_of_communicator_is_there(name):
    assert chainermn.create_communicator(name, allreduce_grad_dtype="float16").size == 1


def test_an_unknown_kind_is_refused_with_those_that_there_are():
    with pytest.raises(ValueError, match="unknown communicator 'fast'; ChainerMN has naive"):
        chainermn.create_communicator("fast")


@pytest.mark.parametrize("variable", ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE"])
def test_many_processes_of_mpi_are_refused(monkeypatch, variable):
    monkeypatch.setenv(variable, "4")
    with pytest.raises(RuntimeError, match="MPI started 4 processes"):
        chainermn.create_communicator()
    monkeypatch.setenv(variable, "1")
    assert chainermn.create_communicator().size == 1


def test_data_comes_back(comm):
    array = numpy.arange(3.0)
    assert comm.bcast(array) is array
    assert comm.bcast_obj("x", root=0) == "x"
    assert comm.gather(array)[0] is array
    assert comm.allgather(array)[0] is array
    assert comm.gather_obj("x") == ["x"]
    assert comm.scatter([array]) is array
    assert comm.alltoall([array])[0] is array
    total = comm.allreduce(array)
    assert total is not array
    assert total.tolist() == array.tolist()
    assert comm.allreduce_obj(3) == 3


def test_another_rank_is_refused(comm):
    with pytest.raises(ValueError, match="root is 1, and there is one process here"):
        comm.bcast(0, root=1)
    with pytest.raises(ValueError, match="2 shares are given for 1 process"):
        comm.scatter([1, 2])
    for action in (comm.send, comm.send_obj):
        with pytest.raises(RuntimeError, match="cannot send to rank 1"):
            action(0, 1)
    with pytest.raises(RuntimeError, match="cannot receive from rank 1"):
        comm.recv_obj(1)


def test_gradients_are_their_own_mean(comm):
    model = L.Linear(2, 2)
    model.cleargrads()
    model.W.grad = numpy.ones((2, 2), "float32")
    comm.bcast_data(model)
    comm.allreduce_grad(model)
    assert model.b.grad is None
    comm.multi_node_mean_grad(model, zero_fill=True)
    assert model.W.grad.tolist() == [[1, 1], [1, 1]]
    assert model.b.grad.tolist() == [0, 0]


def test_settings_are_kept(comm):
    with comm.config_scope():
        comm.set_config("batched_copy", value=True)
    assert comm.get_config("batched_copy") is True
    assert comm.get_config("other") is False
    assert comm.get_config() == {"batched_copy": True}


def test_the_optimizer_is_wrapped_and_steps(comm):
    model = L.Linear(2, 1, initialW=1.0, nobias=True)
    optimizer = chainermn.create_multi_node_optimizer(optimizers.SGD(lr=0.5), comm)
    assert optimizer.setup(model) is optimizer
    assert optimizer.communicator is comm
    optimizer.lr = 0.25
    assert optimizer.actual_optimizer.lr == 0.25
    model.W.grad = numpy.ones((1, 2), "float32")
    optimizer.update()
    assert model.W.array.tolist() == [[0.75, 0.75]]
    assert optimizer.t == 1


def test_a_scattered_dataset_is_the_dataset(comm):
    data = list(range(10))
    assert list(chainermn.scatter_dataset(data, comm)) == data
    shuffled = chainermn.scatter_dataset(data, comm, shuffle=True, seed=3)
    assert list(shuffled) == numpy.random.RandomState(3).permutation(10).tolist()
    assert chainermn.scatter_index(10, comm) == (0, 10)
    assert chainermn.datasets.create_empty_dataset(data) == [()] * 10


def test_functions_pass_variables_on(comm):
    x = L.Linear(2, 2).W
    assert chainermn.functions.allgather(comm, x) == (x,)
    assert chainermn.functions.bcast(comm, x) is x
    assert chainermn.functions.gather(comm, x) == (x,)
    assert chainermn.functions.scatter(comm, [x]) is x
    assert chainermn.functions.alltoall(comm, [x]) == (x,)
    assert chainermn.functions.pseudo_connect(None, x) is x
    assert chainermn.functions.pseudo_connect(None, x, x) == (x, x)
    with pytest.raises(RuntimeError, match="one process"):
        chainermn.functions.send(x, comm, 1)
    with pytest.raises(RuntimeError, match="one process"):
        chainermn.functions.recv(comm, 1)


def test_batch_normalization_is_the_ordinary_one(comm):
    x = numpy.random.RandomState(0).rand(5, 3).astype("float32")
    ours = chainermn.links.MultiNodeBatchNormalization(3, comm)
    assert numpy.array_equal(ours(x).array, L.BatchNormalization(3)(x).array)
    model = L.Linear(2, 2)
    copied = chainermn.links.create_mnbn_model(model, comm)
    assert copied is not model
    assert numpy.array_equal(copied.W.array, model.W.array)


def test_a_chain_list_over_processes_has_all_links_here(comm):
    model = chainermn.MultiNodeChainList(comm)
    with pytest.raises(ValueError, match="no links"):
        model(1)
    link = L.Linear(2, 2)
    model.add_link(link)
    x = numpy.ones((1, 2), "float32")
    assert numpy.array_equal(model(x).array, link(x).array)
    with pytest.raises(RuntimeError, match="Linear should send to rank 1"):
        model.add_link(L.Linear(2, 2), rank_out=1)
    assert len(model) == 1
    with pytest.raises(RuntimeError, match="Use the NStepLSTM itself"):
        chainermn.links.create_multi_node_n_step_rnn(L.NStepLSTM(1, 2, 2, 0.0), comm)


def test_evaluators_iterators_and_snapshots_are_passed_on(comm):
    thing = object()
    assert chainermn.create_multi_node_evaluator(thing, comm) is thing
    assert chainermn.iterators.create_multi_node_iterator(thing, comm) is thing
    assert chainermn.iterators.create_synchronized_iterator(thing, comm) is thing
    assert chainermn.extensions.multi_node_snapshot(comm, thing, [0]) is thing


class Trainer:
    """As much of a trainer as a checkpoint needs."""

    def __init__(self, out):
        self.out = str(out)
        self.updater = self
        self.iteration = 0

    def serialize(self, serializer):
        self.iteration = int(serializer("iteration", self.iteration))


def test_the_checkpointer_keeps_the_newest_and_resumes(comm, tmp_path):
    keep = chainermn.create_multi_node_checkpointer("run", comm, cp_interval=2)
    trainer = Trainer(tmp_path / "out")
    keep.maybe_load(trainer)
    assert trainer.iteration == 0
    for trainer.iteration in (8, 9, 10):
        keep(trainer)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["run.0.10", "run.0.9"]
    resumed = Trainer(tmp_path / "out")
    keep.maybe_load(resumed)
    assert resumed.iteration == 10
    with pytest.raises(ValueError, match="at least 1 snapshot"):
        chainermn.create_multi_node_checkpointer("run", comm, cp_interval=0)


def test_a_program_imports_it_by_its_name(python):
    code = """
import catenary.as_chainer
import chainermn, chainer
from chainermn.extensions.multi_node_evaluator import create_multi_node_evaluator
import chainermn.communicators.communicator_base as base
print(chainermn.__version__, create_multi_node_evaluator is chainermn.create_multi_node_evaluator)
print(base.CommunicatorBase is chainermn.CommunicatorBase)
comm = chainermn.create_communicator()
print(comm.rank, type(comm).__module__)
"""
    assert python(code).stdout.split() == ["7.8.1", "True", "True", "0", "chainermn.communicators"]
