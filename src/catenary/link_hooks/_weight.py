"""What hooks that put another weight in a link's place have in common."""

from __future__ import annotations

from typing import Any

from catenary.link_hook import LinkHook

__all__ = ["WeightHook"]


class WeightHook(LinkHook):
    """Base of hooks with which one link computes with a function of its weight.

    While the link computes, its attribute is what :meth:`_stand_in_of` makes of the weight;
    before and after it is the parameter, which gets the gradient.

    Args:
        weight_name: Attribute of the link that is the weight.
        name: Under which the hook is registered; the class's by default.
    """

    def __init__(self, weight_name: str, name: str | None) -> None:
        self.weight_name = weight_name
        if name is not None:
            self.name = name
        self._stand_in: Any = None

    def __enter__(self) -> LinkHook:
        """Raise: the hook is for one link.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError(
            f"{type(self).__name__} is for one link, not for all: use link.add_hook(hook)"
        )

    def added(self, link: Any) -> None:
        """Prepare `link`, if its weight has a shape.

        Raises:
            ValueError: If it has no such weight.
        """
        weight = getattr(link, self.weight_name, None)
        if weight is None:
            raise ValueError(
                f"{type(link).__name__} has no weight {self.weight_name!r} for "
                f"{type(self).__name__}; its parameters: {sorted(link._params)}"
            )
        if weight.array is not None:
            self._prepare(link)

    def forward_preprocess(self, args: Any) -> None:
        """Replace the weight, giving it its shape first if it has none."""
        link = args.link
        weight = getattr(link, self.weight_name)
        if weight is not self._stand_in:  # it still is if the last call failed
            self.original_weight = weight
        weight = self.original_weight
        if weight.array is None:
            link._initialize_params(args.args[0].shape[1])
        self._prepare(link)
        self._stand_in = self._stand_in_of(link, weight)
        vars(link)[self.weight_name] = self._stand_in

    def forward_postprocess(self, args: Any) -> None:
        """Put the weight back."""
        vars(args.link)[self.weight_name] = self.original_weight
        self._stand_in = None

    def _prepare(self, link: Any) -> None:
        """Give the link what the hook keeps in it; the weight has its shape."""

    def _stand_in_of(self, link: Any, weight: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not say what to compute with")
