"""Links under hooks for weights, and how they are run: for make_link_hooks.py and its test."""

import numpy as np

# name: (link, its arguments, shape of the input, the hook, its arguments)
CASES = {
    "linear": ("Linear", (4, 3), (5, 4), "SpectralNormalization", {}),
    "linear_lazy": ("Linear", (None, 3), (5, 4), "SpectralNormalization", {}),
    "linear_gamma": ("Linear", (4, 3), (5, 4), "SpectralNormalization", {"use_gamma": True}),
    "linear_lazy_gamma": ("Linear", (3,), (5, 4), "SpectralNormalization", {"use_gamma": True}),
    "convolution": (
        "Convolution2D",
        (2, 3, 3),
        (2, 2, 5, 4),
        "SpectralNormalization",
        {"n_power_iteration": 3, "eps": 1e-2, "factor": 2.5},
    ),
    "deconvolution": ("Deconvolution2D", (2, 3, 3), (2, 2, 4, 3), "SpectralNormalization", {}),
    "deconvolution_1d": (
        "DeconvolutionND",
        (1, 2, 3, 3),
        (2, 2, 4),
        "SpectralNormalization",
        {"use_gamma": True, "factor": 0.5},
    ),
    "embedding": ("EmbedID", (6, 3), (4,), "SpectralNormalization", {}),
    "standard_linear": ("Linear", (4, 3), (5, 4), "WeightStandardization", {}),
    "standard_lazy": ("Convolution2D", (None, 3, 3), (2, 2, 5, 4), "WeightStandardization", {}),
    "standard_nd": (
        "ConvolutionND",
        (3, 2, 3, 2),
        (2, 2, 3, 3, 3),
        "WeightStandardization",
        {"eps": 0.1},
    ),
}
DTYPES = ("float32", "float64")


def run(modules, kind, args, shape, hook_kind, hook_args, dtype):
    """Two passes in training and one outside it.

    Args:
        modules: The links, the hooks, `using_config` and `Variable`. An array that is no Variable
            trips over an error of Deconvolution2D's in the original.
    """
    links, hooks, using_config, variable = modules
    np.random.seed(3)
    rng = np.random.RandomState(4)
    with using_config("dtype", np.dtype(dtype)):
        link = getattr(links, kind)(*args)
        link.add_hook(getattr(hooks, hook_kind)(**hook_args))
        found = {}
        for turn in ("first", "second", "test"):
            x = rng.randint(0, 6, shape)
            if kind != "EmbedID":
                x = variable(rng.randn(*shape).astype(dtype))
            with using_config("train", turn != "test"):
                y = link(x)
            y.grad = rng.randn(*y.shape).astype(dtype)
            link.cleargrads()
            y.backward()
            found["y_" + turn] = y.array
            for name, parameter in link.namedparams():
                found["grad_" + turn + name.replace("/", "_")] = parameter.grad
            if hook_kind == "SpectralNormalization":
                found["u_" + turn] = link.W_u.copy()
    found["names"] = np.array(sorted(n for n, _ in link.namedparams()))
    return found
