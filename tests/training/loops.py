"""An updater that trains nothing, and trainers around it."""

from __future__ import annotations

from catenary import training


class Ticks(training.Updater):
    """Iterations and epochs go by; nothing else happens."""

    def __init__(self, per_epoch=5, optimizers=None):
        self.iteration = 0
        self.per_epoch = per_epoch
        self.optimizers = optimizers or {}
        self.finalized = 0

    epoch = property(lambda self: self.iteration // self.per_epoch)
    epoch_detail = property(lambda self: self.iteration / self.per_epoch)
    previous_epoch_detail = property(lambda self: (self.iteration - 1) / self.per_epoch)
    is_new_epoch = property(lambda self: self.iteration % self.per_epoch == 0)

    def get_optimizer(self, name):
        return self.optimizers[name]

    def get_all_optimizers(self):
        return self.optimizers

    def update(self):
        self.iteration += 1

    def finalize(self):
        self.finalized += 1

    def serialize(self, serializer):
        self.iteration = serializer("iteration", self.iteration)


def trainer_of(out, iterations=10, per_epoch=5, optimizers=None, extensions=()):
    """A trainer that counts to `iterations`."""
    updater = Ticks(per_epoch, optimizers)
    return training.Trainer(updater, (iterations, "iteration"), str(out), extensions)


class Box:
    """An object with one number, to be saved and to be shifted."""

    lr = 1.0
    target = None
