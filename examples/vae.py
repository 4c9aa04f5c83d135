"""A variational autoencoder in Chainer's words: it learns to draw digits out of nothing."""

import numpy as np

import catenary as chainer
import catenary.distributions as D
import catenary.functions as F
import catenary.links as L
from catenary import datasets, iterators, optimizers, serializers


class Encoder(chainer.Chain):
    """q(z | x): where in the space of digits an image lies."""

    def __init__(self, n_hidden, n_latent):
        super().__init__()
        with self.init_scope():
            self.hidden = L.Linear(None, n_hidden)
            self.loc = L.Linear(n_hidden, n_latent)
            self.log_scale = L.Linear(n_hidden, n_latent)

    def forward(self, x):
        h = F.tanh(self.hidden(x))
        return D.Independent(D.Normal(self.loc(h), log_scale=self.log_scale(h)))


class Decoder(chainer.Chain):
    """p(x | z): which pixels are black there."""

    def __init__(self, n_hidden, n_pixels):
        super().__init__()
        with self.init_scope():
            self.hidden = L.Linear(None, n_hidden)
            self.logit = L.Linear(n_hidden, n_pixels)

    def forward(self, z):
        h = F.tanh(self.hidden(z, n_batch_axes=z.ndim - 1))
        logit = self.logit(h, n_batch_axes=z.ndim - 1)
        return D.Independent(D.Bernoulli(logit=logit), reinterpreted_batch_ndims=1)


class Autoencoder(chainer.Chain):
    """Encoder and decoder; calling it gives −ELBO, an upper bound of −log p(x)."""

    def __init__(self, n_latent=8, n_hidden=64, n_pixels=64, n_samples=1):
        super().__init__()
        self.n_latent, self.n_samples = n_latent, n_samples
        with self.init_scope():
            self.encoder = Encoder(n_hidden, n_latent)
            self.decoder = Decoder(n_hidden, n_pixels)

    def prior(self, n):
        zeros = self.xp.zeros((n, self.n_latent), dtype=np.float32)
        return D.Independent(D.Normal(zeros, zeros + 1))

    def forward(self, x):
        posterior = self.encoder(x)
        z = posterior.sample(self.n_samples)
        reconstruction = F.mean(self.decoder(z).log_prob(x))
        penalty = F.mean(chainer.kl_divergence(posterior, self.prior(len(x))))
        loss = penalty - reconstruction
        chainer.report({"loss": loss, "kl": penalty}, self)
        return loss


def draw(model, n):
    """Draw digits side by side, a character a pixel."""
    images = model.decoder(model.prior(n).sample()).distribution.mean.array
    rows = images.reshape(n, 8, 8).swapaxes(0, 1).reshape(8, n * 8)
    shades = np.array(list(" .:*#"))
    print("\n".join("".join(shades[(row * 4.99).astype(int)]) for row in rows))


def main():
    np.random.seed(0)
    train, test = ((x > 0.5).astype(np.float32) for x in datasets.get_digits(withlabel=False))
    model = Autoencoder()
    optimizer = optimizers.Adam(alpha=0.003)
    optimizer.setup(model)

    batches = iterators.SerialIterator(train, batch_size=100)
    while batches.epoch < 30:
        optimizer.update(model, np.stack(batches.next()))

    with chainer.using_config("train", False), chainer.no_backprop_mode():
        loss = model(test)
        print(f"test loss {float(loss.array):.1f}")
        draw(model, 8)
    serializers.save_npz("vae.npz", model)


if __name__ == "__main__":
    main()
