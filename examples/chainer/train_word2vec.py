"""Word vectors: skip-gram on a text whose words belong to topics, found again by the vectors.

catenary run examples/chainer/train_word2vec.py --epoch 5
"""

import argparse
import collections

import chainer
import chainer.functions as F
import chainer.initializers as I
import chainer.links as L
import numpy as np
from chainer import training
from chainer.training import extensions


def get_text(n_words, n_topics, n_words_a_topic, rng):
    """Word ids; twenty words in a row are mostly about one topic. Word w is of topic w % topics."""
    topics = np.repeat(rng.randint(n_topics, size=n_words // 20 + 1), 20)[:n_words]
    stray = rng.rand(n_words) < 0.1
    topics = np.where(stray, rng.randint(n_topics, size=n_words), topics)
    return (topics + n_topics * rng.randint(n_words_a_topic, size=n_words)).astype(np.int32)


class SkipGram(chainer.Chain):
    """From the word in the middle, guess those around it."""

    def __init__(self, n_vocab, n_units, loss_func):
        super().__init__()
        with self.init_scope():
            self.embed = L.EmbedID(n_vocab, n_units, initialW=I.Uniform(1.0 / n_units))
            self.loss_func = loss_func

    def forward(self, x, contexts):
        e = self.embed(contexts)
        batchsize, n_context, n_units = e.shape
        x = F.broadcast_to(x[:, None], (batchsize, n_context))
        e = F.reshape(e, (batchsize * n_context, n_units))
        x = F.reshape(x, (batchsize * n_context,))
        loss = self.loss_func(e, x.array)
        chainer.report({"loss": loss}, self)
        return loss


class SoftmaxCrossEntropyLoss(chainer.Chain):
    def __init__(self, n_in, n_out):
        super().__init__()
        with self.init_scope():
            self.out = L.Linear(n_in, n_out, initialW=0)

    def forward(self, x, t):
        return F.softmax_cross_entropy(self.out(x), t)


class WindowIterator(chainer.dataset.Iterator):
    """Batches of words, and of the words within a random window around each."""

    def __init__(self, text, window, batch_size):
        self.text = text
        self.window = window
        self.batch_size = batch_size
        self.order = np.random.permutation(len(text) - 2 * window).astype(np.int32) + window
        self.current_position = self.epoch = 0
        self.is_new_epoch = False

    def __next__(self):
        begin, end = self.current_position, self.current_position + self.batch_size
        places = self.order[begin:end]
        w = np.random.randint(self.window) + 1
        offset = np.concatenate([np.arange(-w, 0), np.arange(1, w + 1)])
        contexts = self.text[places[:, None] + offset]
        self.is_new_epoch = end >= len(self.order)
        self.epoch += self.is_new_epoch
        self.current_position = 0 if self.is_new_epoch else end
        return self.text[places], contexts

    @property
    def epoch_detail(self):
        return self.epoch + self.current_position / len(self.order)

    def serialize(self, serializer):
        self.current_position = serializer("current_position", self.current_position)
        self.epoch = serializer("epoch", self.epoch)
        self.is_new_epoch = serializer("is_new_epoch", self.is_new_epoch)
        if self.order is not None:
            serializer("order", self.order)


@chainer.dataset.converter()
def convert(batch, device):
    return tuple(device.send(part) for part in batch)


def topic_accuracy(model, n_topics):
    """The share of words whose nearest neighbour is of their own topic."""
    vectors = chainer.cuda.to_cpu(model.embed.W.array)
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    similarity = vectors.dot(vectors.T)
    np.fill_diagonal(similarity, -1)
    nearest = similarity.argmax(axis=1)
    return np.mean(nearest % n_topics == np.arange(len(nearest)) % n_topics)


def main():
    parser = argparse.ArgumentParser(description="Chainer example: word2vec")
    parser.add_argument("--batchsize", "-b", type=int, default=200)
    parser.add_argument("--epoch", "-e", type=int, default=5)
    parser.add_argument("--device", "-d", default="-1", help="-1: CPU; 0, 1, ...: GPUs")
    parser.add_argument("--out", "-o", default="result", help="folder of the results")
    parser.add_argument("--resume", "-r", help="snapshot to resume from")
    parser.add_argument("--unit", "-u", type=int, default=16)
    parser.add_argument("--window", "-w", type=int, default=4)
    parser.add_argument("--negative-size", "-n", type=int, default=5)
    parser.add_argument("--out-type", choices=["ns", "original"], default="ns")
    parser.add_argument("--words", type=int, default=20000)
    parser.add_argument("--topics", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    np.random.seed(args.seed)
    device = chainer.get_device(args.device)
    device.use()
    text = get_text(args.words, args.topics, 20, np.random.RandomState(args.seed))
    counts = collections.Counter(text.tolist())
    n_vocab = args.topics * 20

    if args.out_type == "ns":
        frequency = [counts[word] for word in range(n_vocab)]
        loss_func = L.NegativeSampling(args.unit, frequency, args.negative_size)
    else:
        loss_func = SoftmaxCrossEntropyLoss(args.unit, n_vocab)
    model = SkipGram(n_vocab, args.unit, loss_func)
    model.to_device(device)
    optimizer = chainer.optimizers.Adam(alpha=0.01)
    optimizer.setup(model)

    iterator = WindowIterator(text, args.window, args.batchsize)
    updater = training.updaters.StandardUpdater(
        iterator, optimizer, converter=convert, device=device
    )
    trainer = training.Trainer(updater, (args.epoch, "epoch"), out=args.out)
    trainer.extend(extensions.LogReport())
    trainer.extend(extensions.PrintReport(["epoch", "main/loss", "elapsed_time"]))
    trainer.extend(extensions.snapshot(), trigger=(1, "epoch"))
    if args.resume:
        chainer.serializers.load_npz(args.resume, trainer)
    trainer.run()
    print(f"nearest word of the same topic: {topic_accuracy(model, args.topics):.2f}")


if __name__ == "__main__":
    main()
