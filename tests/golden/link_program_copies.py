"""Steps of link_programs.py that copy trees, and save and load them."""

import copy
import io
import os
import pathlib
import pickle
import tempfile

import numpy as np


class Copies:
    """Steps of a run that copy, save and load."""

    def copied(self):
        link = self.some()
        how = self.pick(["share", "copy", "init", "deepcopy", "pickle", "method", "none"])
        if how == "none" and isinstance(link, self.library.ChainList):
            how = "copy"  # the original's lists do not look at it
        how = self.fillable(link, how)
        self.trace.append([type(link).__name__, how])
        made = {
            "deepcopy": copy.deepcopy,
            "pickle": lambda each: pickle.loads(pickle.dumps(each)),
            "method": lambda each: each.copy(),
        }.get(how, lambda each: each.copy(mode=how))(link)
        made.name = None  # the original leaves some copies theirs
        pairs = zip(link.params(), made.params(), strict=False)
        self.plant(made)
        return [
            None if a.array is None else [a is b, bool(np.may_share_memory(a.array, b.array))]
            for a, b in pairs
        ]

    def fillable(self, link, how):
        """Let be copied what the original cannot fill anew, or fills at each level."""
        library = self.library
        kinds = (library.Chain, library.ChainList)
        among = [each for each in link.links() if type(each) is not library.Sequential]
        filled = all(callable(param.initializer) for param in link.params())
        fit = filled and not any(isinstance(each, kinds) for each in among)
        return how if fit or how != "init" else "copy"

    def repeat(self):
        link = self.some()
        how = self.pick(["init", "copy", "share", "none"])
        how = self.fillable(link, how)
        number = self.pick([2, 1, 0, 3])
        self.trace.append([type(link).__name__, how, number])
        made = link.repeat(number, how)
        self.plant(made)
        return [type(made).__name__, len(made)]

    def copyparams(self):
        link = self.some()
        other = self.alike(link)
        options = {"copy_persistent": self.chance(0.5)} if self.chance(0.5) else {}
        self.trace.append([type(link).__name__, type(other).__name__, sorted(options.items())])
        self.kept_whole(link, lambda: link.copyparams(other, **options))

    def addgrads(self):
        link = self.some()
        if not all(param.is_initialized for param in link.params()):
            return "not initialized"  # the original refuses to read such a gradient
        if any(isinstance(each, self.library.Sequential) for each in link.links()):
            return "a Sequential"  # the original takes its layers for its children
        other = self.alike(link)
        self.kept_whole(link, lambda: link.addgrads(other))

    def alike(self, link):
        """Return a link of the same structure with other values and gradients, some missing."""
        other = copy.deepcopy(link)
        for param in other.params(include_uninit=False):
            param.array[...] = self.rng.randint(-8, 9, param.shape) / 8
            if self.chance(0.7):
                param.grad = (self.rng.randint(-8, 9, param.shape) / 8).astype(param.dtype)
        return other

    def kept_whole(self, link, step):
        """Take a step; where it fails, give up the trees: the original may have begun with it."""
        try:
            step()
        except Exception:
            del self.trees[:]
            raise

    # ---- files
    def saved(self):
        """Save a tree and load it into one of the same structure with other values."""
        link = self.some()
        other = self.blank(link)
        how = self.pick(["npz", "npz", "hdf5", "dictionary", "dictionary"])
        if how == "hdf5" and not self.has_axes(link):
            how = "npz"  # the original asks for a compression that h5py has for axes only
        self.trace.append([type(link).__name__, how])
        taken = getattr(self, f"_by_{how}")(link, other)
        self.plant(other)
        return taken

    def has_axes(self, link):
        persistent = [getattr(each, n) for each in link.links() for n in each._persistent]
        arrays = [p.array for p in link.params() if p.is_initialized] + persistent
        return all(np.ndim(array) for array in arrays)

    def blank(self, link):
        """Return a link of the same structure; some of its parameters have no shape."""
        other = copy.deepcopy(link)
        for each in other.links():
            for name in sorted(each._params):
                if self.chance(0.3):
                    with each.init_scope():
                        setattr(each, name, self.library.Parameter(0.5))
                elif getattr(each, name).is_initialized:
                    getattr(each, name).array[...] = 7
        return other

    def _by_npz(self, link, other):
        serializers = self.library.serializers
        file = io.BytesIO()
        serializers.save_npz(file, link)
        file.seek(0)
        with np.load(file, allow_pickle=True) as found:
            names = sorted(found.files)
        file.seek(0)
        serializers.load_npz(file, other)
        return names

    def _by_hdf5(self, link, other):
        serializers = self.library.serializers
        handle, path = tempfile.mkstemp(suffix=".h5")
        os.close(handle)
        try:
            serializers.save_hdf5(path, link)
            serializers.load_hdf5(path, other)
        finally:
            pathlib.Path(path).unlink()

    def _by_dictionary(self, link, other):
        """Spoil what was saved in one way or another."""
        serializers = self.library.serializers
        serializer = serializers.DictionarySerializer()
        serializer.save(link)
        kept = dict(serializer.target)
        names = sorted(kept)
        how = self.pick(["whole", "less", "other shape", "other dtype", "more", "below"])
        strict = self.pick([True, True, False])
        self.trace.append([how, strict])
        if names:
            name = self.pick(names)
            values = np.asarray(kept[name])
            if how == "less":
                del kept[name]
            elif how == "other shape" and values.dtype != object:
                kept[name] = np.zeros((*values.shape, 2), values.dtype)
            elif how == "other dtype" and values.dtype.kind == "f":
                kept[name] = values.astype("float64")
            elif how == "more":
                kept["more"] = values
        path = ""
        if how == "below":
            kept, path = {f"root/{name}": value for name, value in kept.items()}, "root/"
        reading = serializers.NpzDeserializer(kept, path=path, strict=strict)
        reading.load(other)
        return names
