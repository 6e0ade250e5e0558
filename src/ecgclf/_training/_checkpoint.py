"""The state of a fit in a file after each epoch, so that the same fit goes on from there after whatever ended it."""

import json
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save
from skorch.callbacks import Callback, EarlyStopping
from skorch.history import History

from ecgclf._files import write_atomically
from ecgclf._training._beside import beside, changed
from ecgclf.nn._scaled import ScaledNetwork

_STOPPING = ("misses_", "dynamic_threshold_", "best_epoch_")


class Checkpoint(Callback):
    """Writes the state of a fit after each epoch, and begins where the file of the same fit ends.

    A file holds tensors and plain JSON (safetensors): nothing in it is run. It is replaced by a whole new one at each
    epoch.

    Parameters
    ----------
    folder : path-like
        Holds one file a fit, named by its identity.
    name : str
        The identity.
    """

    def __init__(self, folder, name):
        self.folder = folder
        self.name = name

    def path(self):
        """Where this fit is kept."""
        return Path(self.folder) / f"{self.name}.fit"

    def on_train_begin(self, net, X=None, y=None, **kwargs):
        """Bring the net to where the file ends, if there is one."""
        Path(self.folder).mkdir(parents=True, exist_ok=True)
        self.rng_ = X.rng
        self.n_before_ = len(net.history)
        self.finished_ = False
        self.beside_ = _told_beside(net.module_)
        if self.path().exists():
            try:
                self._restore(net)
            except Exception as error:
                raise ValueError(
                    f"{self.path()} is not the state of a fit ({type(error).__name__}: {error}). Delete it to begin "
                    "anew."
                ) from error

    def on_epoch_end(self, net, **kwargs):
        """Write what the next epoch starts from."""
        self._write(net)

    def on_train_end(self, net, **kwargs):
        """Write that nothing is left to do."""
        if not self.finished_ and not net.interrupted_:
            self.finished_ = True
            self._write(net)

    def _write(self, net):
        lost = changed(self.beside_, _told_beside(net.module_))
        if lost:
            raise ValueError(
                f"checkpoint_dir={str(self.folder)!r} keeps what the state_dict of a network has, and training has "
                f"changed {', '.join(lost)}, which is not in it. Make a persistent buffer of it (register_buffer), or "
                "set checkpoint_dir=None."
            )
        tensors = {f"module.{key}": tensor for key, tensor in net.module_.state_dict().items()}
        optimizer = net.optimizer_.state_dict()
        plain = {}
        for number, state in optimizer["state"].items():
            for key, value in state.items():
                if isinstance(value, torch.Tensor):
                    tensors[f"optimizer.{number}.{key}"] = value
                elif value is not None:
                    plain[f"{number}.{key}"] = value
        document = {
            "history": list(net.history),
            "n_epochs": len(net.history) - self.n_before_,
            "finished": self.finished_,
            "rng": self.rng_.bit_generator.state,
            "param_groups": optimizer["param_groups"],
            "optimizer": plain,
        }
        stopping = _early_stopping(net)
        if stopping is not None:
            document["stopping"] = {key: getattr(stopping, key) for key in _STOPPING}
            for key, tensor in (stopping.best_model_weights_ or {}).items():
                tensors[f"best.{key}"] = tensor
        text = json.dumps(document, default=np.generic.item)
        tensors = {key: tensor.detach().cpu().contiguous().clone() for key, tensor in tensors.items()}
        write_atomically(self.path(), save(tensors, {"fit": text}))

    def _restore(self, net):
        with safe_open(self.path(), framework="pt") as file:
            document = json.loads(file.metadata()["fit"])
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        net.module_.load_state_dict(_under("module.", tensors))
        states = {}
        for key, value in (_under("optimizer.", tensors) | document["optimizer"]).items():
            number, _, name = key.partition(".")
            states.setdefault(int(number), {})[name] = value
        net.optimizer_.load_state_dict({"state": states, "param_groups": document["param_groups"]})
        stopping = _early_stopping(net)
        if stopping is not None:
            for key in _STOPPING:
                setattr(stopping, key, document["stopping"][key])
            stopping.best_model_weights_ = _under("best.", tensors) or None
        self.rng_.bit_generator.state = document["rng"]
        net.history = History(document["history"])
        self.finished_ = document["finished"]
        net.n_done_ = net.max_epochs if self.finished_ else document["n_epochs"]


def _told_beside(module):
    """Give what a network of the user's own holds that a file would not."""
    if not isinstance(module, ScaledNetwork):
        return {}
    odd = [name for name, value in module.state_dict().items() if not isinstance(value, torch.Tensor)]
    if odd:
        raise ValueError(
            f"checkpoint_dir keeps tensors, and the state_dict of the network has {', '.join(odd)}, which is none. "
            "Set checkpoint_dir=None."
        )
    return beside(module)


def _early_stopping(net):
    return next((callback for _, callback in net.callbacks_ if isinstance(callback, EarlyStopping)), None)


def _under(prefix, tensors):
    return {key.removeprefix(prefix): tensor for key, tensor in tensors.items() if key.startswith(prefix)}
