"""MultiprocessParallelUpdater: one process a device, gradients summed by torch.distributed."""

from __future__ import annotations

import contextlib
import multiprocessing
import multiprocessing.connection
import shutil
import signal
import tempfile
import traceback
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import torch

from catenary import backend
from catenary.backends.memory import array_of, tensor_of
from catenary.dataset import concat_examples
from catenary.errors import annotate
from catenary.reporter import Reporter
from catenary.training.batches import apply, convert
from catenary.training.targets import observe
from catenary.training.updaters.process_group import Group, join_group
from catenary.training.updaters.standard_updater import StandardUpdater

__all__ = [
    "MultiprocessParallelUpdater",
    "gather_grads",
    "gather_params",
    "scatter_grads",
    "scatter_params",
]

_PATIENCE = 10.0  # seconds that a worker has to end by itself
_EPS_PER_GRADIENT = ("Adam", "AdaGrad", "RMSprop")
_EPS_PER_SQUARE = ("RMSpropGraves", "AdaDelta")


class MultiprocessParallelUpdater(StandardUpdater):
    """Updater that runs one process a device; each reads batches of its own.

    The gradients of all processes are added in the first, which makes the step and sends the
    parameters to the others. As gradients are added and not averaged, the optimizer's `eps` or `lr`
    is adapted to the number of processes, as in Chainer, with a warning.

    Processes are started at the first update, by ``multiprocessing``'s start method of the moment;
    under ``"spawn"`` model, iterators and converter must be picklable.

    Args:
        iterators: One iterator a device, over parts of the training data of equal length.
        optimizer: Optimizer, set up with the model.
        converter: What makes arrays of a batch.
        devices: One device a process: a list, the main one first, or a dictionary with a
            ``"main"``. The CPU may be named several times.
        auto_new_epoch: Whether to call ``optimizer.new_epoch`` after each sweep.

    Raises:
        ValueError: If iterators and devices do not correspond, or datasets differ in length.

    Differs:
        Works on CPUs too. A worker's exception ends the training with its traceback, where Chainer
        waits for ever. The iterators of the other processes are not saved, as in Chainer.
    """

    def __init__(
        self,
        iterators: Sequence[Any],
        optimizer: Any,
        converter: Callable[..., Any] = concat_examples,
        devices: Any = None,
        auto_new_epoch: bool = True,
    ) -> None:
        self._devices = _in_order(devices)
        _check_parts(iterators, self._devices)
        _adapt(optimizer, len(self._devices))
        super().__init__(iterators[0], optimizer, converter, auto_new_epoch=auto_new_epoch)
        self._mpu_iterators = iterators
        self._master = optimizer.target
        self._workers: list[Any] = []
        self._pipes: list[Any] = []
        self._folder: str | None = None
        self._group: Group | None = None
        self._stepping = False

    @staticmethod
    def available() -> bool:
        """Return whether torch was built with what processes talk through."""
        distributed = torch.distributed
        return distributed.is_available() and distributed.is_gloo_available()

    def setup_workers(self) -> None:
        """Start the other processes, unless they run already."""
        if self._folder is not None:
            return
        self._folder = tempfile.mkdtemp(prefix="catenary-")
        self._master.cleargrads()
        self._master.to_device(self._devices[0])
        count = len(self._devices)
        context = multiprocessing.get_context()
        for rank in range(1, count):
            pipe, end = context.Pipe()
            parts = (self._master, self._mpu_iterators[rank], self.converter, self._devices[rank])
            worker = context.Process(
                target=_work,
                args=(self._folder, rank, count, end, *parts),
                name=f"process {rank} of {count}",
            )
            worker.start()
            end.close()
            self._workers.append(worker)
            self._pipes.append(pipe)
        if count > 1:
            with self._explaining():
                self._await_workers()
                self._group = join_group(self._folder, 0, count, self._devices[0])

    def _await_workers(self) -> None:
        """Wait until all processes are about to join; a lost one would be waited for in vain."""
        for worker, pipe in zip(self._workers, self._pipes, strict=True):
            multiprocessing.connection.wait([pipe, worker.sentinel])
            if not pipe.poll():
                raise RuntimeError(f"{worker.name} ended before it began")
            if (said := pipe.recv()) != "ready":
                raise RuntimeError(_failed(worker, said))

    def update_core(self) -> None:
        """Let every process take a batch; add the gradients, step, and spread the parameters."""
        self.setup_workers()
        iterator, optimizer = self.get_iterator("main"), self.get_optimizer("main")
        self._stepping = True
        with self._explaining(), backend.using_device(self._devices[0]):
            for pipe in self._pipes:
                pipe.send("update")
            _gradients(self._master, iterator, self.converter, self._devices[0])
            if self._group is not None:
                _fill(self._master, "grad", self._group.add_up(_flat(self._master, "grad")))
            optimizer.update()
            if self._group is not None:
                self._group.spread(_flat(self._master, "data"))
        self._stepping = False
        if self.auto_new_epoch and iterator.is_new_epoch:
            optimizer.new_epoch(auto=True)

    @contextlib.contextmanager
    def _explaining(self) -> Any:
        """Say what a worker died of, if one did, where this process merely finds it gone."""
        try:
            yield
        except (RuntimeError, OSError) as error:
            for worker, pipe in zip(self._workers, self._pipes, strict=True):
                told = None
                try:
                    told = pipe.recv() if pipe.poll(1.0) else None
                except (EOFError, OSError):
                    worker.join(5.0)  # its pipe is closed a moment before it has ended
                if told is not None:
                    raise RuntimeError(_failed(worker, told)) from error
                if worker.exitcode is not None:
                    annotate(error, f"{worker.name} has ended, with exit code {worker.exitcode}")
            raise

    def finalize(self) -> None:
        """End the other processes, and finalize the iterators."""
        for pipe in self._pipes:
            with contextlib.suppress(OSError):
                pipe.send("finalize")
        for worker in self._workers:
            worker.join(0 if self._stepping else _PATIENCE)
            if worker.exitcode is None:  # it waits for a step that will never end
                worker.terminate()
                worker.join()
            worker.close()
        for pipe in self._pipes:
            pipe.close()
        self._workers, self._pipes, self._group = [], [], None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
        super().finalize()


def gather_grads(link: Any) -> Any:
    """Return all gradients of a link in one array, by the parameters' paths; missing ones are 0."""
    return array_of(_flat(link, "grad"))


def gather_params(link: Any) -> Any:
    """Return all parameters of a link in one array, by their paths."""
    return array_of(_flat(link, "data"))


def scatter_grads(link: Any, array: Any) -> None:
    """Set all gradients of a link from an array of :func:`gather_grads`."""
    _fill(link, "grad", tensor_of(array))


def scatter_params(link: Any, array: Any) -> None:
    """Set all parameters of a link from an array of :func:`gather_params`."""
    _fill(link, "data", tensor_of(array))


def _failed(worker: Any, traceback: str) -> str:
    return f"{worker.name} failed:\n{traceback}"


def _in_order(devices: Any) -> list[Any]:
    if isinstance(devices, dict):
        rest = {name: device for name, device in devices.items() if name != "main"}
        devices = [devices["main"], *rest.values()]
    if not isinstance(devices, (list, tuple)) or not devices or None in devices:
        raise ValueError(
            f"devices is {devices!r}; give a list such as ['@numpy', '@numpy'], or a dictionary "
            "with a 'main'"
        )
    return [backend.get_device(device) for device in devices]


def _check_parts(iterators: Sequence[Any], devices: list[Any]) -> None:
    if len(iterators) != len(devices):
        raise ValueError(f"{len(iterators)} iterators do not fit {len(devices)} devices")
    sizes = {len(iterator.dataset) for iterator in iterators}
    if len(sizes) > 1:
        raise ValueError(
            f"the iterators' datasets have {sorted(sizes)} examples, so they would end an epoch at "
            "different times; split_dataset_n_random makes equal parts"
        )


def _adapt(optimizer: Any, count: int) -> None:
    """Adapt an optimizer to gradients that are sums over `count` batches."""
    kind = type(optimizer).__name__
    if kind in _EPS_PER_GRADIENT or kind in _EPS_PER_SQUARE:
        optimizer.eps *= count if kind in _EPS_PER_GRADIENT else count**2
        changed = "eps"
    elif hasattr(optimizer, "lr"):
        optimizer.lr /= count
        changed = "lr"
    else:
        return
    warnings.warn(
        f"gradients are added over {count} processes, so {kind}.{changed} is now "
        f"{getattr(optimizer, changed)}",
        stacklevel=3,
    )


def _gradients(model: Any, iterator: Any, converter: Callable[..., Any], device: Any) -> None:
    batch = convert(converter, iterator.next(), device)
    loss = apply(model, batch)
    model.cleargrads()
    loss.backward()


def _params(link: Any) -> list[Any]:
    return [param for _, param in sorted(link.namedparams()) if param.size]


def _flat(link: Any, what: str) -> torch.Tensor:
    pieces = []
    for param in _params(link):
        tensor = param.tensor.detach()
        if what == "grad":
            param.unscale_grad()
            grad = param.tensor.grad
            tensor = torch.zeros_like(tensor) if grad is None else grad
        pieces.append(tensor.reshape(-1).to(torch.promote_types(tensor.dtype, torch.float32)))
    return torch.cat(pieces)


def _fill(link: Any, what: str, flat: torch.Tensor) -> None:
    start = 0
    for param in _params(link):
        piece = flat[start : start + param.size].reshape(param.shape)
        start += param.size
        into = param.tensor.detach()
        if what == "grad":
            if param.tensor.grad is None:
                param.tensor.grad = torch.zeros_like(into)
            into = param.tensor.grad
        into.copy_(piece)


def _work(
    folder: str,
    rank: int,
    count: int,
    pipe: Any,
    model: Any,
    iterator: Any,
    converter: Callable[..., Any],
    device: Any,
) -> None:
    """Compute gradients whenever the first process asks; the body of the other processes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process says when to end
    parent: Any = multiprocessing.parent_process()
    try:
        model.to_device(device)
        device.use()
        reporter = Reporter()
        observe(reporter, "main", model)
        pipe.send("ready")
        group = join_group(folder, rank, count, device)
        while True:
            ready = multiprocessing.connection.wait([pipe, parent.sentinel])
            if pipe not in ready or pipe.recv() != "update":
                break
            with reporter.scope({}):
                _gradients(model, iterator, converter, device)
            group.add_up(_flat(model, "grad"))
            model.cleargrads()
            _fill(model, "data", group.spread(_flat(model, "data")))
    except EOFError:
        pass
    except Exception:  # noqa: BLE001 - the first process tells of it
        with contextlib.suppress(OSError):
            pipe.send(traceback.format_exc())
    finally:
        iterator.finalize()
