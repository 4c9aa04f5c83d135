"""Sequence to sequence: an encoder and a decoder of LSTMs learn to spell words backwards.

catenary run examples/chainer/seq2seq.py --epoch 20
"""

import argparse

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
from chainer import training
from chainer.training import extensions

EOS = 0
LETTERS = " abcdefgh"  # the blank is the end of a word


def get_pairs(n, rng):
    """Words of two to seven letters as ids, and the same words backwards."""
    words = [rng.randint(1, len(LETTERS), size=rng.randint(2, 8)) for _ in range(n)]
    return [(word.astype(np.int32), word[::-1].astype(np.int32)) for word in words]


def embed_all(embed, xs):
    """Embed sequences of several lengths in one go."""
    lengths = np.cumsum([len(x) for x in xs])[:-1]
    return F.split_axis(embed(F.concat(xs, axis=0)), lengths, 0)


class Seq2seq(chainer.Chain):
    def __init__(self, n_layers, n_letters, n_units):
        super().__init__()
        with self.init_scope():
            self.embed_x = L.EmbedID(n_letters, n_units)
            self.embed_y = L.EmbedID(n_letters, n_units)
            self.encoder = L.NStepLSTM(n_layers, n_units, n_units, 0.0)
            self.decoder = L.NStepLSTM(n_layers, n_units, n_units, 0.0)
            self.out = L.Linear(n_units, n_letters)

    def forward(self, xs, ys):
        xs = [x[::-1] for x in xs]
        eos = self.xp.array([EOS], np.int32)
        ys_in = [F.concat([eos, y], axis=0) for y in ys]
        ys_out = [F.concat([y, eos], axis=0) for y in ys]

        hx, cx, _ = self.encoder(None, None, embed_all(self.embed_x, xs))
        _, _, hs = self.decoder(hx, cx, embed_all(self.embed_y, ys_in))

        targets = F.concat(ys_out, axis=0)
        loss = F.sum(
            F.softmax_cross_entropy(self.out(F.concat(hs, axis=0)), targets, reduce="no")
        ) / len(xs)
        chainer.report({"loss": loss}, self)
        return loss

    def translate(self, xs, max_length=10):
        """The most likely letters, one after the other, until the word ends."""
        with chainer.no_backprop_mode(), chainer.using_config("train", False):
            h, c, _ = self.encoder(None, None, embed_all(self.embed_x, [x[::-1] for x in xs]))
            ys = self.xp.full(len(xs), EOS, np.int32)
            letters = []
            for _ in range(max_length):
                eys = F.split_axis(self.embed_y(ys), len(xs), 0)
                h, c, hs = self.decoder(h, c, eys)
                ys = self.xp.argmax(self.out(F.concat(hs, axis=0)).array, axis=1).astype(np.int32)
                letters.append(chainer.cuda.to_cpu(ys))
        return [word[: np.argmax(np.append(word, EOS) == EOS)] for word in np.stack(letters, 1)]


@chainer.dataset.converter()
def convert(batch, device):
    return {
        "xs": [device.send(x) for x, _ in batch],
        "ys": [device.send(y) for _, y in batch],
    }


def spell(word):
    return "".join(LETTERS[letter] for letter in word)


def accuracy(model, pairs):
    """The share of words that are spelled right from end to end."""
    translated = model.translate([x for x, _ in pairs])
    right = [np.array_equal(y, word) for (_, y), word in zip(pairs, translated)]
    return np.mean(right)


def main():
    parser = argparse.ArgumentParser(description="Chainer example: seq2seq")
    parser.add_argument("--batchsize", "-b", type=int, default=64)
    parser.add_argument("--epoch", "-e", type=int, default=20)
    parser.add_argument("--device", "-d", default="-1", help="-1: CPU; 0, 1, ...: GPUs")
    parser.add_argument("--out", "-o", default="result", help="folder of the results")
    parser.add_argument("--resume", "-r", help="snapshot to resume from")
    parser.add_argument("--unit", "-u", type=int, default=64)
    parser.add_argument("--layer", "-l", type=int, default=1)
    parser.add_argument("--words", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    np.random.seed(args.seed)
    device = chainer.get_device(args.device)
    device.use()
    train = get_pairs(args.words, np.random.RandomState(1))
    test = get_pairs(200, np.random.RandomState(2))

    model = Seq2seq(args.layer, len(LETTERS), args.unit)
    model.to_device(device)
    optimizer = chainer.optimizers.Adam(alpha=0.005)
    optimizer.setup(model)
    optimizer.add_hook(chainer.optimizer_hooks.GradientClipping(5))

    iterator = chainer.iterators.SerialIterator(train, args.batchsize)
    updater = training.updaters.StandardUpdater(
        iterator, optimizer, converter=convert, device=device
    )
    trainer = training.Trainer(updater, (args.epoch, "epoch"), out=args.out)

    @training.make_extension(trigger=(1, "epoch"), priority=training.PRIORITY_WRITER)
    def translate(trainer):
        chainer.report({"accuracy": accuracy(model, test)})

    trainer.extend(translate)
    trainer.extend(extensions.LogReport())
    trainer.extend(extensions.PrintReport(["epoch", "main/loss", "accuracy", "elapsed_time"]))
    trainer.extend(extensions.snapshot(), trigger=(5, "epoch"))
    if args.resume:
        chainer.serializers.load_npz(args.resume, trainer)
    trainer.run()
    for (x, _), word in zip(test[:3], model.translate([x for x, _ in test[:3]])):
        print(f"{spell(x)} -> {spell(word)}")


if __name__ == "__main__":
    main()
