"""Watching a forward pass: the pre-activation at every ReLU-like call, in execution order.

A site is one call of a ReLU-like function in a model's forward pass (thesis 2.2.1, where the
activation follows each layer block; its footnote 6 extends this to networks of any structure). The
calls are seen through a ``torch.overrides.TorchFunctionMode`` that is on only while the watched
model's forward runs; global module hooks say whose forward makes a call, and alone show the layers
of which that is known. The model itself is never written to, and mode and hooks are gone when the
block ends.
"""

import sys
import threading
import warnings
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch._C import _functorch as functorch
from torch.nn import functional
from torch.nn.modules import module as hooks
from torch.overrides import TorchFunctionMode, _get_current_function_mode, _pop_mode, _push_mode
from torch.utils._pytree import tree_leaves

from relu_book.patterns.calls import (
    RELU_MODULES,
    RELUS,
    may_be_relu,
    plain_name,
    pre_activation_of,
)
from relu_book.patterns.channels import Channels, Rule, rule_of
from relu_book.patterns.eager import compiled_code_runs_eagerly
from relu_book.patterns.fused import has_fused_form, modes_set_aside, runs_again, would_fuse
from relu_book.patterns.names import Selection, innermost, module_names
from relu_book.patterns.packing import is_whole
from relu_book.patterns.scripted import scripted_relus
from relu_book.patterns.site import Site, Sites, out_of_transforms, refuse_unpackable
from relu_book.patterns.unseen import open_blocks, unseen


@dataclass
class _Pass:
    """What is known about the forward pass that runs now."""

    frame: FrameType | None
    names: dict[int, str]
    running: list[nn.Module] = field(default_factory=list)
    channels: Channels = field(default_factory=Channels)
    calls: dict[str, int] = field(default_factory=dict)  # how often each name was taken
    number: int = 0  # of the next call
    complete: bool = False
    elsewhere: bool = False
    in_one_call: bool = False  # of a module whose hooks tell of it: the mode is set aside


class _Calls(TorchFunctionMode):
    """Hands every torch call of a forward pass to its watch block."""

    def __init__(self, block: "watch") -> None:
        self.block = block
        self.follow: Callable | None = None  # where the channels go, if that is asked for

    def __torch_function__(
        self, func: Callable, types: Any, args: tuple = (), kwargs: dict | None = None
    ) -> Any:
        kwargs = kwargs or {}
        known = _functions.get(func)
        relu, rule = known if known is not None else _learn(func)
        if relu is not None:
            self._show(relu, args, kwargs)
        result = func(*args, **kwargs)
        if rule is not None and self.follow is not None:
            self.follow(rule, result, args, kwargs)
        return result

    def _show(self, function: str, args: tuple, kwargs: dict) -> None:
        tensor = pre_activation_of(function, args, kwargs)
        site = self.block._site(function, tensor) if tensor is not None else None
        if site is None:
            return
        shown = self.block._deliver(site)
        del site
        kept = shown() if shown is not None else None
        if kept is not None:
            # The consumer held on to what it saw: give it storage of its own before the model
            # writes to this one.
            kept.data = kept.clone()


# Torch function -> its plain name if it may be ReLU-like, and what it does to the channels.
_functions: dict[Callable, tuple[str | None, Rule | None]] = {}


def _learn(function: Callable) -> tuple[str | None, Rule | None]:
    if len(_functions) > 10_000:  # functions made anew in each pass
        _functions.clear()
    name = plain_name(function)
    known = (name if may_be_relu(name) else None), rule_of(function, name)
    return _functions.setdefault(function, known)


# Modules whose forward, as torch has it, makes one call that matters here, of its only argument.
# Their hooks tell what the mode would: a call that goes through a mode takes as long as many hooks.
_ONE_CALL: dict[type, tuple[str | None, Rule | None]] = {
    module: _learn(function)
    for function, modules in {
        functional.relu: (nn.ReLU,),
        functional.batch_norm: (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d),
        functional.conv1d: (nn.Conv1d,),
        functional.conv2d: (nn.Conv2d,),
        functional.conv3d: (nn.Conv3d,),
    }.items()
    for module in modules
}

_ELSEWHERE = (
    "{} runs in another thread than the one that opened the watch block; open the block in the "
    "thread that runs the model"
)

_AS_IT_IS = nullcontext()


def _in_backward() -> bool:
    return torch._C._current_graph_task_id() != -1


class watch:  # noqa: N801, a context manager in lower case, like torch.no_grad
    """Shows every ReLU-like call of a model's forward passes while the block lasts.

    Seen are nn.ReLU, ReLU6, LeakyReLU, PReLU, RReLU, Threshold at 0, Hardtanh from 0, the
    functions, methods and operators behind them, and clamp, clip and clamp_min at 0: in place or
    not, on floating-point tensors, once each, in execution order. Calls outside the model's own
    forward pass (the user's code, another model, recomputation in a backward pass) are not seen.

    Not seen either: a maximum with zeros, a product with a mask, and what runs where Python makes
    no call, such as a kernel of one's own or a hand-written ``torch.autograd.Function``. Refused
    by name are scripted modules and calls known to hide ReLUs (nn.RNN of ReLUs, quantised
    ``conv2d_relu``); functions under ``torch.jit.script`` that the model's code names are warned
    of. What ``watch`` sees includes every clamp at 0, also of boxes or logarithms: ``sites=``
    leaves such out.

    The channel dimension of a site follows the data: from the convolution, linear map, product,
    normalisation or embedding that made the channels, through whatever keeps or moves them. Where
    that cannot be followed, or the channels are split over several dimensions (heads, groups), a
    warning, once a site, names the dimension taken: the last of one to three, else 1, or the
    largest of several. What no layer has touched, such as an image that goes straight into a ReLU,
    has that dimension too, with a warning for three dimensions. Under torch.func.vmap, hidden
    dimensions come first.

    The pass itself stays as it is: outputs, gradients, parameters, buffers, random numbers, flags
    and hooks are bitwise as without the block, also after an exception. Compiled models run eagerly
    inside the block (``torch.compiler.set_stance("force_eager")``), equal to what inductor
    compiles up to rounding.

    Args:
        model: any module; compiled and parallel wrappers are looked through.
        consumer: called with each :class:`relu_book.patterns.Site` at once, without gradient;
            nothing is kept then. It sees the pre-activation itself, so it must not write to it.
        sites: names, globs (``"layer1.*"``), numbers from 0, or a predicate of the name; all by
            default.
        channel_dim: the channel dimension of every site, negative from the end, in place of the
            one that is followed.
        with_gradient: the consumer sees the pre-activation as the pass has it, so that what it
            computes can be differentiated; it must not keep the pre-activation itself.

    Attributes:
        sites: name -> :class:`relu_book.patterns.Site` of the latest complete pass, in execution
            order, still there after the block; the tensors are copies that later in-place changes
            do not reach.

    Raises:
        TypeError: ``model`` is no module, or calls that were asked for cannot be seen: those of a
            scripted module, or inside a fused one; a site is a sparse, nested or quantised tensor;
            ``channel_dim`` or ``sites`` is of another kind than said.
        ValueError: at the end of the block, if ``sites`` asked for one that no pass had.
        RuntimeError: the model runs in another thread than the one that opened the block.

    Cost: one to four microseconds for each torch call of the pass, and a copy of each
    pre-activation unless a consumer takes it. In evaluation, transformer layers that would run as
    one fused call run a second time, since the fused call hides its ReLU.

    Example:
        >>> model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
        >>> with watch(model) as seen:
        ...     _ = model(torch.zeros(5, 2))
        >>> seen.sites["1"]
        Site('1', width=3, shape=(5, 3))
        >>> with watch(model, lambda site: print(site.name, site.pack().shape)):
        ...     _ = model(torch.zeros(5, 2))
        1 torch.Size([5, 1])
    """

    def __init__(
        self,
        model: nn.Module,
        consumer: Callable[[Site], object] | None = None,
        *,
        sites: str | int | Iterable[str | int] | Callable[[str], bool] | None = None,
        channel_dim: int | None = None,
        with_gradient: bool = False,
    ) -> None:
        if not isinstance(model, nn.Module):
            raise TypeError(f"watch needs a torch.nn.Module, not {type(model).__name__}")
        if consumer is not None and not callable(consumer):
            raise TypeError(
                f"the consumer must be callable with one Site, {type(consumer).__name__} is not; "
                "sites are chosen with sites="
            )
        if with_gradient and consumer is None:
            raise TypeError("with_gradient=True is for a consumer, but watch got none; pass one")
        if channel_dim is not None and not is_whole(channel_dim):
            raise TypeError(
                f"channel_dim is the number of a dimension, such as 1 or -1, not {channel_dim!r}"
            )
        self.sites: OrderedDict[str, Site] = Sites()
        self._root = innermost(model)
        self._consumer = consumer
        self._selection = Selection(sites)
        self._channel_dim = channel_dim
        self._with_gradient = with_gradient
        self._told_of_scripted = False
        self._guessed: set[str] = set()  # sites whose channel dimension was warned of
        self._mode = _Calls(self)
        self._handles: list = []
        self._stance = None
        self._blind = 0
        self._pass: _Pass | None = None
        self._complete_passes = 0

    def __enter__(self) -> Self:
        if self._handles:
            raise RuntimeError("this watch block is open already; make another with watch(model)")
        for name, module in self._root.named_modules():
            if isinstance(module, torch.jit.ScriptModule):
                raise TypeError(
                    f"calls inside the scripted module {name or type(module).__name__!r} cannot be "
                    "seen; watch the model that it was made from"
                )
        if not self._told_of_scripted:
            self._told_of_scripted = True
            self._tell_of_scripted()
        self._thread = threading.get_ident()
        self._complete_passes = 0
        self._stance = compiled_code_runs_eagerly()
        self._stance.__enter__()
        self._handles = [
            hooks.register_module_forward_pre_hook(self._before),
            hooks.register_module_forward_hook(self._after, with_kwargs=True, always_call=True),
        ]
        open_blocks.append(self)
        return self

    def _tell_of_scripted(self) -> None:
        for module, function, operators in scripted_relus(self._root):
            warnings.warn(
                f"{module} names the scripted function {function!r}, whose ReLU-like calls "
                f"({', '.join(operators)}) cannot be seen; call the Python function that it was "
                "made from",
                stacklevel=3,
            )

    def __exit__(self, kind: type | None, error: BaseException | None, trace: object) -> None:
        open_blocks.remove(self)
        for handle in self._handles:
            handle.remove()
            hooks._global_forward_hooks_with_kwargs.pop(handle.id, None)  # remove() leaves it there
        self._handles = []
        if self._pass is not None:  # an interrupt left the pass without its hooks being called
            self._end_pass()
        self._stance.__exit__(None, None, None)
        if kind is None and self._complete_passes:
            self._selection.require_met()

    def _before(self, module: nn.Module, args: tuple) -> None:
        if self._blind or _in_backward():
            return
        if threading.get_ident() != self._thread:
            self._refuse_if_ours(module)
            return
        if module is self._root:
            self._begin_pass(sys._getframe(1))
        if self._pass is not None:
            self._mode_again()  # after an interrupt
            self._pass.running.append(module)
            if type(module) in _ONE_CALL and self._hooks_tell_all(module, args):
                _pop_mode()
                self._pass.in_one_call = True
                relu, _ = _ONE_CALL[type(module)]
                if relu is not None:
                    self._mode._show(relu, args, {})

    def _mode_again(self) -> None:
        if self._pass.in_one_call:
            _push_mode(self._mode)
            self._pass.in_one_call = False

    def _hooks_tell_all(self, module: nn.Module, args: tuple) -> bool:
        """Whether torch's own forward runs now, and nobody else's hook or mode comes between."""
        return (
            len(args) == 1
            and not (module._forward_pre_hooks or module._forward_hooks)
            and "forward" not in vars(module)
            and len(hooks._global_forward_pre_hooks) == len(hooks._global_forward_hooks) == 1
            and _get_current_function_mode() is self._mode
        )

    def _refuse_if_ours(self, module: nn.Module) -> None:
        """Raises in another thread for the model, and during a pass for any part of it."""
        running, copy = self._pass, getattr(module, "_is_replica", False)
        ours = module is self._root or (copy and type(module) is type(self._root))
        if running is not None and not ours:
            # DataParallel runs copies, one thread each.
            copied = copy and any(type(module) is type(part) for part in self._root.modules())
            ours = id(module) in running.names or copied
        if ours:
            if running is not None and module is not self._root:
                running.elsewhere = True
            raise RuntimeError(_ELSEWHERE.format(type(module).__name__))

    def _begin_pass(self, frame: FrameType) -> None:
        if self._pass is not None:
            caller: FrameType | None = frame
            while caller is not None:
                if caller is self._pass.frame:
                    return  # the model calls itself: the same pass
                caller = caller.f_back
            self._end_pass()  # an interrupt left the last pass without its hooks being called
        self._pass = _Pass(frame, module_names(self._root))
        self.sites = Sites()
        if self._channel_dim is None:
            self._mode.follow = self._pass.channels.follow
        self._mode.__enter__()

    def _end_pass(self) -> None:
        self._mode_again()
        self._mode.__exit__(None, None, None)
        self._mode.follow = None
        if self._pass.complete:
            self._complete_passes += 1
        else:
            self.sites = Sites()
        self._pass = None

    def _in_pass(self) -> bool:
        return (
            self._pass is not None
            and not self._blind
            and threading.get_ident() == self._thread
            and not _in_backward()
        )

    def _after(self, module: nn.Module, args: tuple, *rest: Any) -> Any:
        """Runs after every module's forward, also one that raised, of which there are no kwargs."""
        if not self._in_pass():
            return None
        running = self._pass.running
        if self._pass.in_one_call:
            if len(rest) == 2 and running[-1] is module and self._mode.follow is not None:
                _, rule = _ONE_CALL[type(module)]
                self._mode.follow(rule, rest[1], args, {})
            self._mode_again()
        try:
            if len(rest) == 2 and (module is self._root or has_fused_form(module)):
                return self._completed(module, args, *rest)
            return None
        finally:
            if running[-1] is module or any(module is other for other in running):
                while running.pop() is not module:
                    pass  # modules whose hooks an interrupt skipped
                if not running:
                    self._end_pass()

    def _completed(self, module: nn.Module, args: tuple, kwargs: dict, output: Any) -> Any:
        """What a module gives in place of its output, if anything."""
        running = self._pass.running
        if module is self._root:
            if self._pass.elsewhere:  # its error may have ended in its thread
                raise RuntimeError(_ELSEWHERE.format(f"a part of {type(module).__name__}"))
            self._pass.complete = len(running) == 1
        if would_fuse(module, args, kwargs) and not any(map(runs_again, running[:-1])):
            with unseen(), modes_set_aside(_Calls):
                fused = module.forward(*args, **kwargs)
            for seen, taken in zip(tree_leaves(output), tree_leaves(fused), strict=True):
                self._pass.channels.put(taken, self._pass.channels.of(seen))
            return fused
        return None

    def _site(self, function: str, pre_activation: Tensor) -> Site | None:
        """The site of a ReLU-like call, or ``None`` where nobody asked for it."""
        if not self._in_pass():
            return None
        running, names = self._pass.running, self._pass.names
        owner = names.get(id(running[-1]))
        own_module = owner and isinstance(running[-1], RELU_MODULES)
        if owner is None:  # a module that is not registered
            owner = next(names[id(m)] for m in reversed(running) if id(m) in names)
        name = owner if own_module else f"{owner}/{function}"
        earlier = self._pass.calls.get(name, 0)
        number = self._pass.number
        self._pass.calls[name] = earlier + 1
        self._pass.number += 1
        if earlier:
            name = f"{name}:{earlier}"
        if not self._selection.takes(name, number):
            return None
        if function not in RELUS:
            raise TypeError(
                f"the ReLUs of {name!r} run inside one fused call, where their pre-activations "
                "cannot be seen; write a recurrence with nn.Linear and nn.ReLU, take a quantised "
                "model before it is converted, or choose other sites with sites="
            )
        refuse_unpackable(name, pre_activation)
        return Site(name, pre_activation, self._channels_of(name, pre_activation))

    def _channels_of(self, name: str, tensor: Tensor) -> int:
        if self._channel_dim is None:
            dimension, sure = self._pass.channels.dimension(tensor)
            if not sure and name not in self._guessed:
                self._guessed.add(name)
                warnings.warn(
                    f"the channels cannot be followed to site {name!r}, whose pre-activation has "
                    f"shape {tuple(tensor.shape)}; dimension {dimension} is taken, set "
                    "channel_dim= if that is not theirs",
                    stacklevel=2,
                )
            return dimension
        if not -tensor.ndim <= self._channel_dim < tensor.ndim:
            raise ValueError(
                f"channel_dim={self._channel_dim} does not exist at site {name!r}, whose "
                f"pre-activation has shape {tuple(tensor.shape)}"
            )
        return self._channel_dim % tensor.ndim

    def _deliver(self, site: Site) -> weakref.ref | None:
        """Keeps a copy of the site, or shows it to the consumer before the call overwrites it.

        Returns a weak reference to the tensor that the consumer saw.
        """
        tensor = site.pre_activation
        wrapped = functorch.is_functorch_wrapped_tensor(tensor)
        plain = out_of_transforms(site) if wrapped else _AS_IT_IS
        keep_grad = self._with_gradient or not torch.is_grad_enabled()
        no_grad = _AS_IT_IS if keep_grad else torch.no_grad()
        if self._consumer is None:
            # Out of inference mode the copy is an ordinary tensor, usable anywhere.
            with unseen(), torch.inference_mode(False), no_grad, plain:
                site.pre_activation = site.pre_activation.clone()
            self.sites[site.name] = site
            return None
        if self._with_gradient and wrapped:
            raise RuntimeError(
                f"site {site.name!r} runs inside a torch.func transform, out of which no gradient "
                "leads; differentiate with backward(), or watch without with_gradient="
            )
        with unseen(), no_grad, plain:
            if not self._with_gradient:
                site.pre_activation = site.pre_activation.detach()
            shown = site.pre_activation
            version = None if tensor.is_inference() else tensor._version
            self._consumer(site)
            if version is not None and tensor._version != version:
                raise RuntimeError(
                    f"the consumer wrote to the pre-activation of site {site.name!r}, which "
                    "changes the forward pass; let it work on site.pre_activation.clone()"
                )
        return None if self._with_gradient else weakref.ref(shown)
