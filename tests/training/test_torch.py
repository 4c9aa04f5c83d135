"""A Trainer on torch modules, with torch's optimizers and with ours."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch.nn import functional as TF

from catenary import optim, optimizers, reporter, serializers, training
from catenary.datasets import TupleDataset
from catenary.errors import LossError, SnapshotError, TargetError
from catenary.iterators import SerialIterator
from catenary.training import extensions
from catenary.training.updaters import ParallelUpdater, StandardUpdater, TorchOptimizer

RNG = np.random.RandomState(3)
X = RNG.randn(20, 3).astype("f")
T = (X[:, 0] > 0).astype("i")


class Net(torch.nn.Module):
    """Returns its loss; reports nothing."""

    def __init__(self):
        super().__init__()
        self.body = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
        self.head = torch.nn.Linear(4, 2)

    def forward(self, x, t):
        self.seen = (x.dtype, t.dtype, self.training, torch.is_grad_enabled())
        return TF.cross_entropy(self.head(torch.relu(self.body(x))), t)


def net():
    torch.manual_seed(0)
    return Net()


def batches(batch=5, **kwargs):
    return SerialIterator(TupleDataset(X, T), batch, shuffle=False, **kwargs)


MAKERS = {
    "SGD": lambda m: torch.optim.SGD(m.parameters(), lr=0.1, momentum=0.9),
    "Adam": lambda m: torch.optim.Adam(m.parameters(), lr=0.05, betas=(0.8, 0.99)),
    "groups": lambda m: torch.optim.AdamW([
        {"params": m.body.parameters(), "lr": 0.1}, {"params": m.head.parameters()}
    ], amsgrad=True),
    "optim": lambda m: optim.AdamW(m, lr=0.05),
    "ours": lambda m: optimizers.Adam(alpha=0.05).setup(m),
}  # fmt: skip


def updater_of(make, model, **kwargs):
    if make not in ("ours", "optim"):
        kwargs["model"] = model
    return StandardUpdater(batches(), MAKERS[make](model), **kwargs)


@pytest.mark.parametrize("make", ["SGD", "Adam", "groups", "optim"])
def test_a_trainer_does_what_a_loop_in_torch_does(make, tmp_path):
    model, twin = net(), net()
    trainer = training.Trainer(updater_of(make, model), (2, "epoch"), str(tmp_path))
    losses = []
    trainer.extend(lambda t: losses.append(float(t.observation["main/loss"])), "note")
    trainer.run()
    optimizer, expected = MAKERS[make](twin), []
    for i in [0, 5, 10, 15] * 2:
        optimizer.zero_grad()
        loss = twin(torch.from_numpy(X[i : i + 5]), torch.from_numpy(T[i : i + 5]).long())
        loss.backward()
        optimizer.step()
        expected.append(loss.item())
    assert losses == expected
    assert model.seen == (torch.float32, torch.int64, True, True)
    for mine, theirs in zip(model.state_dict().values(), twin.state_dict().values(), strict=True):
        assert torch.equal(mine, theirs)
    adapter = trainer.updater.get_optimizer("main")
    assert (adapter.t, adapter.epoch) == (8, 2)


def test_an_optimizer_of_ours_trains_a_module(tmp_path):
    model = net()
    trainer = training.Trainer(updater_of("ours", model), (10, "epoch"), str(tmp_path))
    trainer.extend(extensions.LogReport())
    trainer.run()
    log = [entry["main/loss"] for entry in trainer.get_extension("LogReport").log]
    assert log[-1] < log[0] / 2


def test_what_the_model_reports_is_not_written_over():
    model = net()

    def loss_func(x, t):
        reporter.report({"loss": 7.0, "size": len(x)}, model)
        return model(x, t)

    updater = updater_of("SGD", model, loss_func=loss_func)
    trainer = training.Trainer(updater)
    with trainer.reporter.scope(observation := {}):
        updater.update()
    assert observation == {"main/loss": 7.0, "main/size": 5}


def test_observations_hold_no_graph(tmp_path):
    model = net()
    updater = updater_of("SGD", model, loss_func=lambda x, t: report_all(model, model(x, t)))
    trainer = training.Trainer(updater, (1, "iteration"), str(tmp_path))
    trainer.run()
    assert set(trainer.observation) == {"main/mine", "main/body/0/deep", "main/loss"}
    assert not any(value.requires_grad for value in trainer.observation.values())


def report_all(model, loss):
    reporter.report({"mine": loss}, model)
    reporter.report({"deep": loss * 2}, model.body[0])
    return loss


def test_the_model_may_be_named_in_three_ways():
    for given in ("model", "target", "loss_func"):
        model = net()
        optimizer = MAKERS["SGD"](model)
        if given == "target":
            optimizer.target = model
        kwargs = {} if given == "target" else {given: model}
        updater = StandardUpdater(batches(), optimizer, **kwargs)
        assert updater.get_optimizer("main").target is model
        updater.update()
    with pytest.raises(TargetError, match=r"SGD does not know the model.*model=model"):
        StandardUpdater(batches(), MAKERS["SGD"](net()))


def test_schedules_and_observers_reach_the_parameter_groups(tmp_path):
    model = net()
    updater = updater_of("groups", model)
    trainer = training.Trainer(updater, (2, "epoch"), str(tmp_path))
    trainer.extend(extensions.ExponentialShift("lr", 0.5, init=0.2), trigger=(1, "epoch"))
    trainer.extend(extensions.observe_lr())
    trainer.extend(extensions.LogReport())
    trainer.run()
    assert [e["lr"] for e in trainer.get_extension("LogReport").log] == [0.2, 0.1]
    adapter = updater.get_optimizer("main")
    assert [group["lr"] for group in adapter.param_groups] == [0.05, 0.05]
    assert adapter.betas == (0.9, 0.999)
    with pytest.raises(AttributeError, match="AdamW has no hyperparameter 'speed'"):
        adapter.speed = 1
    with pytest.raises(AttributeError):
        adapter.speed
    assert copy.copy(adapter).target is model


@pytest.mark.parametrize("make", MAKERS)
def test_a_resumed_training_gives_the_same_bits(make, tmp_path):
    def build():
        torch.manual_seed(0)
        np.random.seed(0)
        model = Net()
        iterator = SerialIterator(TupleDataset(X, T), 6)
        kwargs = {} if make in ("ours", "optim") else {"model": model}

        def loss_func(x, t):
            return model(TF.dropout(x, 0.3), t)

        optimizer = MAKERS[make](model)
        updater = StandardUpdater(iterator, optimizer, loss_func=loss_func, **kwargs)
        trainer = training.Trainer(updater, (9, "iteration"), str(tmp_path))
        lr = "alpha" if make == "ours" else "lr"
        trainer.extend(extensions.ExponentialShift(lr, 0.9), trigger=(2, "iteration"))
        trainer.extend(extensions.LogReport(trigger=(4, "iteration")))
        return trainer, model

    trainer, model = build()
    trainer.extend(
        lambda t: serializers.save_npz(str(tmp_path / "s"), t),
        "save",
        trigger=lambda t: t.updater.iteration == 5,
        priority=-1,
    )
    trainer.run()
    resumed, other = build()
    torch.rand(3)
    serializers.load_npz(str(tmp_path / "s"), resumed)
    resumed.run()
    for mine, theirs in zip(model.state_dict().values(), other.state_dict().values(), strict=True):
        assert torch.equal(mine, theirs)
    logs = [each.get_extension("LogReport").log for each in (trainer, resumed)]
    losses = [[entry["main/loss"] for entry in log] for log in logs]
    assert losses[0] == losses[1]
    assert len(losses[0]) == 2


def test_an_optimizer_that_does_not_fit_is_refused_before_anything_changes():
    small, large = torch.nn.Linear(1, 1), net()
    values = serializers.npz.serialize(TorchOptimizer(MAKERS["SGD"](large), large))
    adapter = TorchOptimizer(torch.optim.SGD(small.parameters(), lr=3.0, momentum=0.9), small)
    with pytest.raises(SnapshotError, match="SGD with other parameters or groups"):
        serializers.NpzDeserializer(values).load(adapter)
    assert adapter.lr == 3.0


def test_hyperparameters_are_read_back_only_when_asked():
    model = net()
    values = serializers.npz.serialize(TorchOptimizer(MAKERS["Adam"](model), model))
    adapter = TorchOptimizer(torch.optim.Adam(model.parameters(), lr=3.0), model)
    serializers.NpzDeserializer(values).load(adapter)
    assert (adapter.lr, adapter.betas) == (3.0, (0.9, 0.999))
    with training.trainer.using_config("restore_hyperparams", True):
        serializers.NpzDeserializer(values).load(adapter)
    assert (adapter.lr, adapter.betas) == (0.05, (0.8, 0.99))


def test_a_new_learning_rate_can_be_kept_while_the_state_is_read(tmp_path):
    model = net()
    trainer = training.Trainer(updater_of("Adam", model), (2, "iteration"), str(tmp_path))
    trainer.run()
    serializers.save_npz(str(tmp_path / "s"), trainer)
    other = net()
    again = training.Trainer(updater_of("Adam", other), (3, "iteration"), str(tmp_path))
    optimizer = again.updater.get_optimizer("main")
    optimizer.lr = 0.5
    serializers.load_npz(str(tmp_path / "s"), again, ignore_names=lambda key: "/hyperparam/" in key)
    assert optimizer.lr == 0.5
    assert optimizer.optimizer.state[other.head.bias]["step"] == 2


def test_half_precision_is_saved_exactly():
    model = torch.nn.Linear(3, 2).bfloat16()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    updater = StandardUpdater(
        batches(), optimizer, model=model, loss_func=lambda x, t: model(x.bfloat16()).sum()
    )
    updater.update()
    values = serializers.npz.serialize(updater)
    assert values["model:main/weight"].dtype == np.float32
    other = torch.nn.Linear(3, 2).bfloat16()
    again = StandardUpdater(
        batches(), torch.optim.SGD(other.parameters(), lr=0.1, momentum=0.9), model=other
    )
    serializers.NpzDeserializer(values).load(again)
    assert torch.equal(other.weight, model.weight)
    held = again.get_optimizer("main").optimizer.state[other.weight]["momentum_buffer"]
    assert held.dtype == torch.bfloat16
    assert torch.equal(held, optimizer.state[model.weight]["momentum_buffer"])


def test_modules_are_evaluated_without_learning(tmp_path):
    model = net()
    model.head.eval()
    evaluator = extensions.Evaluator(batches(repeat=False), model)
    result = evaluator()
    assert model.seen == (torch.float32, torch.int64, False, False)
    assert (model.training, model.body.training, model.head.training) == (True, True, False)
    model.eval()
    with torch.no_grad():
        losses = [
            model(torch.from_numpy(X[i : i + 5]), torch.from_numpy(T[i : i + 5]).long())
            for i in range(0, 20, 5)
        ]
    assert {k: float(v) for k, v in result.items()} == {
        "main/loss": pytest.approx(float(sum(losses)) / 4)
    }


def test_a_module_that_diverges_is_noticed():
    model = net()
    updater = updater_of("SGD", model)
    trainer = training.Trainer(updater)
    extensions.FailOnNonNumber()(trainer)
    with torch.no_grad():
        model.head.bias[0] = float("inf")
    with pytest.raises(RuntimeError, match=r"head\.bias of optimizer 'main' is no longer finite"):
        extensions.FailOnNonNumber()(trainer)


def test_what_torch_does_better_is_said():
    optimizer = optimizers.SGD().setup(net())
    with pytest.raises(TypeError, match="DistributedDataParallel"):
        ParallelUpdater(batches(), optimizer, devices={"main": -1})
    with pytest.raises(TypeError, match="GradScaler"):
        updater_of("SGD", net(), loss_scale=2.0)


def test_modules_go_to_a_device():
    model = net()
    seen = []
    model.to = seen.append
    updater_of("SGD", model, device="@numpy")
    assert seen == [torch.device("cpu")]


def test_a_dataloader_is_told_what_to_be_instead():
    loader = torch.utils.data.DataLoader([1, 2, 3])
    with pytest.raises(
        TypeError, match=r"'main' is a DataLoader.* SerialIterator\(loader\.dataset"
    ):
        StandardUpdater(loader, torch.optim.SGD(net().parameters(), 0.1), model=net())


@pytest.mark.parametrize("make", ["SGD", "optim", "ours"])
@pytest.mark.parametrize("returned", [{"loss": 1}, None, torch.ones(2, requires_grad=True)])
def test_a_loss_that_is_none_is_told(make, returned):
    model = net()
    updater = updater_of(make, model)
    updater.loss_func = lambda *_: returned
    with pytest.raises(LossError, match="the loss function returned a"):
        updater.update()
    assert updater.get_optimizer("main").t == 0
