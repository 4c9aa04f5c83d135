"""A generative adversarial network: points learn to lie on a ring of eight clusters.

One batch of the generator serves both losses: the updater has two optimizers, and steps them one
after the other over the same graph.

    catenary run examples/chainer/train_gan.py --iteration 3000
"""

import argparse

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
from chainer import training
from chainer.training import extensions


def get_ring(n, rng):
    angle = rng.randint(8, size=n) * np.pi / 4
    centre = 2 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return (centre + 0.1 * rng.randn(n, 2)).astype(np.float32)


class MLP(chainer.Chain):
    def __init__(self, n_in, n_units, n_out):
        super().__init__()
        with self.init_scope():
            self.l1 = L.Linear(n_in, n_units, initialW=chainer.initializers.HeNormal())
            self.l2 = L.Linear(n_units, n_units, initialW=chainer.initializers.HeNormal())
            self.l3 = L.Linear(n_units, n_out)

    def forward(self, x):
        h = F.leaky_relu(self.l1(x))
        h = F.leaky_relu(self.l2(h))
        return self.l3(h)


class Generator(MLP):
    def __init__(self, n_hidden, n_units):
        super().__init__(n_hidden, n_units, 2)
        self.n_hidden = n_hidden

    def make_hidden(self, batchsize):
        return np.random.normal(0, 1, (batchsize, self.n_hidden)).astype(np.float32)


class GANUpdater(training.updaters.StandardUpdater):
    def __init__(self, *args, **kwargs):
        self.gen, self.dis = kwargs.pop("models")
        super().__init__(*args, **kwargs)

    def loss_dis(self, dis, y_fake, y_real):
        loss = F.sum(F.softplus(-y_real)) / len(y_real)
        loss += F.sum(F.softplus(y_fake)) / len(y_fake)
        chainer.report({"loss": loss}, dis)
        return loss

    def loss_gen(self, gen, y_fake):
        loss = F.sum(F.softplus(-y_fake)) / len(y_fake)
        chainer.report({"loss": loss}, gen)
        return loss

    def update_core(self):
        gen_optimizer = self.get_optimizer("gen")
        dis_optimizer = self.get_optimizer("dis")
        x_real = chainer.Variable(self.converter(self.get_iterator("main").next(), self.device))

        y_real = self.dis(x_real)
        x_fake = self.gen(self.device.send(self.gen.make_hidden(len(x_real))))
        y_fake = self.dis(x_fake)
        dis_optimizer.update(self.loss_dis, self.dis, y_fake, y_real)
        gen_optimizer.update(self.loss_gen, self.gen, y_fake)


def distance_to_ring(gen, device):
    """How far generated points lie from the nearest cluster, and how many clusters they reach."""

    @training.make_extension(trigger=(200, "iteration"), priority=training.PRIORITY_WRITER)
    def evaluate(trainer):
        with chainer.using_config("train", False), chainer.no_backprop_mode():
            state = np.random.get_state()
            points = gen(device.send(gen.make_hidden(500)))
            np.random.set_state(state)
        points = chainer.cuda.to_cpu(points.array)
        angle = np.arange(8) * np.pi / 4
        centres = 2 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        distances = np.linalg.norm(points[:, None] - centres, axis=2)
        near = distances.min(axis=1)
        reached = np.unique(distances.argmin(axis=1)[near < 0.5])
        chainer.report({"distance": near.mean(), "clusters": len(reached)})

    return evaluate


def main():
    parser = argparse.ArgumentParser(description="Chainer example: GAN")
    parser.add_argument("--batchsize", "-b", type=int, default=100)
    parser.add_argument("--iteration", "-i", type=int, default=3000)
    parser.add_argument("--device", "-d", default="-1", help="-1: CPU; 0, 1, ...: GPUs")
    parser.add_argument("--out", "-o", default="result", help="folder of the results")
    parser.add_argument("--resume", "-r", help="snapshot to resume from")
    parser.add_argument("--n_hidden", "-n", type=int, default=8, help="size of the noise")
    parser.add_argument("--unit", "-u", type=int, default=64)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    np.random.seed(args.seed)
    device = chainer.get_device(args.device)
    device.use()
    gen = Generator(args.n_hidden, args.unit)
    dis = MLP(2, args.unit, 1)
    gen.to_device(device)
    dis.to_device(device)

    def make_optimizer(model):
        optimizer = chainer.optimizers.Adam(alpha=0.0005, beta1=0.5)
        optimizer.setup(model)
        optimizer.add_hook(chainer.optimizer_hooks.WeightDecay(0.0001), "hook_dec")
        return optimizer

    data = get_ring(5000, np.random.RandomState(args.seed))
    updater = GANUpdater(
        models=(gen, dis),
        iterator=chainer.iterators.SerialIterator(data, args.batchsize),
        optimizer={"gen": make_optimizer(gen), "dis": make_optimizer(dis)},
        device=device,
    )
    trainer = training.Trainer(updater, (args.iteration, "iteration"), out=args.out)
    trainer.extend(distance_to_ring(gen, device))
    trainer.extend(extensions.LogReport(trigger=(200, "iteration")))
    columns = ["gen/loss", "dis/loss", "distance", "clusters"]
    trainer.extend(extensions.PrintReport(["iteration", *columns]), trigger=(200, "iteration"))
    trainer.extend(extensions.snapshot(), trigger=(1000, "iteration"))
    trainer.extend(
        extensions.snapshot_object(gen, "gen_iter_{.updater.iteration}.npz"),
        trigger=(1000, "iteration"),
    )
    if args.resume:
        chainer.serializers.load_npz(args.resume, trainer)
    trainer.run()


if __name__ == "__main__":
    main()
