"""A PyTorch model under a rule of one's own, with a hook, and a snapshot of the optimizer."""

import torch

from catenary import optimizer_hooks, serializers
from catenary.expr import sign
from catenary.optimizer import FormulaRule, GradientMethod, Hyper, hyper, slot


class LionHyper(Hyper):
    lr: float = hyper(default=1e-4, ge=0)
    beta1: float = hyper(default=0.9, ge=0, le=1)
    beta2: float = hyper(default=0.99, ge=0, le=1)


class LionRule(LionHyper, FormulaRule):
    """Step by the sign of a mean of gradients (Chen et al., 2023)."""

    m = slot(0.0)

    @staticmethod
    def step(p, g, m, h):
        direction = sign(h.beta1 * m + (1 - h.beta1) * g)
        return p - h.lr * direction, h.beta2 * m + (1 - h.beta2) * g


class Lion(LionHyper, GradientMethod):
    """:class:`LionRule` for every parameter."""

    rule = LionRule


def main():
    torch.manual_seed(0)
    x = torch.rand(500, 2)
    t = (x.sum(dim=1) > 1).long()
    model = torch.nn.Sequential(torch.nn.Linear(2, 16), torch.nn.ReLU(), torch.nn.Linear(16, 2))

    optimizer = Lion(lr=0.003).setup(model)
    optimizer.add_hook(optimizer_hooks.WeightDecay(1e-3))

    def loss(rows):
        return torch.nn.functional.cross_entropy(model(x[rows]), t[rows])

    for _ in range(20):
        for rows in torch.randperm(400).split(20):
            optimizer.update(loss, rows)

    accuracy = (model(x[400:]).argmax(dim=1) == t[400:]).float().mean()
    print(f"test accuracy {accuracy:.2f}")
    serializers.save_npz("torch_module_optimizer.npz", optimizer)


if __name__ == "__main__":
    main()
