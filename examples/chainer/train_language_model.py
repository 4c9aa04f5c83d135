"""A language model: an LSTM learns, word by word, the sentences of a small grammar.

The text is read in `--batchsize` strips side by side; gradients go back `--bproplen` words, and
the LSTM keeps its state from one piece to the next.

    catenary run examples/chainer/train_language_model.py --epoch 10
"""

import argparse

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
from chainer import training
from chainer.training import extensions

GRAMMAR = {
    "sentence": ["subject verb object <eos>", "subject verb object and verb object <eos>"],
    "subject": ["the noun", "the adjective noun", "nobody"],
    "object": ["the noun", "a noun", "an old noun"],
    "verb": ["sees", "chases", "hears", "likes"],
    "noun": ["cat", "dog", "bird", "fish", "mouse"],
    "adjective": ["old", "small", "brown"],
}


def words(rng, symbol):
    if symbol not in GRAMMAR:
        return [symbol]
    rule = GRAMMAR[symbol][rng.randint(len(GRAMMAR[symbol]))]
    return [word for part in rule.split() for word in words(rng, part)]


def get_text(n_words, seed):
    """A text as word ids, and the vocabulary."""
    vocabulary = sorted({w for rules in GRAMMAR.values() for r in rules for w in r.split()})
    vocabulary = {w: i for i, w in enumerate(w for w in vocabulary if w not in GRAMMAR)}
    rng = np.random.RandomState(seed)
    text = []
    while len(text) < n_words:
        text += words(rng, "sentence")
    return np.array([vocabulary[word] for word in text[:n_words]], np.int32), vocabulary


class RNNLM(chainer.Chain):
    def __init__(self, n_vocab, n_units):
        super().__init__()
        with self.init_scope():
            self.embed = L.EmbedID(n_vocab, n_units)
            self.lstm = L.LSTM(n_units, n_units)
            self.out = L.Linear(n_units, n_vocab)
        for param in self.params():
            param.array[...] = np.random.uniform(-0.1, 0.1, param.shape)

    def reset_state(self):
        self.lstm.reset_state()

    def forward(self, x):
        h = self.lstm(F.dropout(self.embed(x), 0.1))
        return self.out(F.dropout(h, 0.1))


class ParallelSequentialIterator(chainer.dataset.Iterator):
    """Reads a text at several places at once; a batch is one word, and the next, at each place."""

    def __init__(self, text, batch_size, repeat=True):
        self.text = text
        self.repeat = repeat
        self.offsets = [i * len(text) // batch_size for i in range(batch_size)]
        self.reset()

    def reset(self):
        self.iteration = self.epoch = 0
        self.is_new_epoch = False

    def __next__(self):
        n = len(self.text)
        if not self.repeat and self.iteration * len(self.offsets) >= n:
            raise StopIteration
        places = [(offset + self.iteration) % n for offset in self.offsets]
        self.iteration += 1
        epoch = self.iteration * len(self.offsets) // n
        self.is_new_epoch = epoch > self.epoch
        self.epoch = epoch
        return [(self.text[i], self.text[(i + 1) % n]) for i in places]

    @property
    def epoch_detail(self):
        return self.iteration * len(self.offsets) / len(self.text)

    def serialize(self, serializer):
        self.iteration = serializer("iteration", self.iteration)
        self.epoch = serializer("epoch", self.epoch)


class BPTTUpdater(training.updaters.StandardUpdater):
    """One update for every `bprop_len` words: truncated backpropagation through time."""

    def __init__(self, iterator, optimizer, bprop_len, device):
        super().__init__(iterator, optimizer, device=device)
        self.bprop_len = bprop_len

    def update_core(self):
        iterator = self.get_iterator("main")
        optimizer = self.get_optimizer("main")
        loss = 0
        for _ in range(self.bprop_len):
            x, t = self.converter(next(iterator), self.device)
            loss += optimizer.target(x, t)
        optimizer.target.cleargrads()
        loss.backward()
        loss.unchain_backward()  # the next piece keeps the state, and not the graph
        optimizer.update()


def perplexity(observation):
    for key in ("main/loss", "validation/main/loss"):
        if key in observation:
            observation[key.replace("loss", "perplexity")] = np.exp(observation[key])


def main():
    parser = argparse.ArgumentParser(description="Chainer example: language model")
    parser.add_argument("--batchsize", "-b", type=int, default=20)
    parser.add_argument("--bproplen", "-l", type=int, default=20)
    parser.add_argument("--epoch", "-e", type=int, default=10)
    parser.add_argument("--device", "-d", default="-1", help="-1: CPU; 0, 1, ...: GPUs")
    parser.add_argument("--out", "-o", default="result", help="folder of the results")
    parser.add_argument("--resume", "-r", help="snapshot to resume from")
    parser.add_argument("--unit", "-u", type=int, default=64)
    parser.add_argument("--words", type=int, default=10000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    np.random.seed(args.seed)
    device = chainer.get_device(args.device)
    device.use()
    train, vocabulary = get_text(args.words, seed=1)
    test, _ = get_text(max(args.words // 10, 200), seed=2)

    model = L.Classifier(RNNLM(len(vocabulary), args.unit))
    model.compute_accuracy = False
    model.to_device(device)
    optimizer = chainer.optimizers.Adam(alpha=0.005)
    optimizer.setup(model)
    optimizer.add_hook(chainer.optimizer_hooks.GradientClipping(5))

    train_iter = ParallelSequentialIterator(train, args.batchsize)
    test_iter = ParallelSequentialIterator(test, 1, repeat=False)
    updater = BPTTUpdater(train_iter, optimizer, args.bproplen, device)
    trainer = training.Trainer(updater, (args.epoch, "epoch"), out=args.out)

    eval_model = model.copy()  # shares the parameters, and has a state of its own
    eval_model.predictor = model.predictor.copy()
    trainer.extend(
        extensions.Evaluator(
            test_iter, eval_model, device=device, eval_hook=lambda _: reset(eval_model)
        )
    )
    trainer.extend(extensions.LogReport(postprocess=perplexity))
    trainer.extend(
        extensions.PrintReport(["epoch", "main/perplexity", "validation/main/perplexity"])
    )
    trainer.extend(extensions.snapshot(), trigger=(1, "epoch"))
    if args.resume:
        chainer.serializers.load_npz(args.resume, trainer)
    trainer.run()


def reset(model):
    model.predictor.reset_state()


if __name__ == "__main__":
    main()
