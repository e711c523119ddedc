"""A hint to the processor: fetch what lies there into the cache, since it will be read soon.

It is a single instruction that waits for nothing and never fails, whatever the place; LLVM's
``llvm.prefetch``, which Numba has no word for.
"""

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

_READ, _KEEP, _DATA = 0, 3, 1


@intrinsic
def prefetch(context, array, item):
    """``prefetch(array, item)`` in a compiled function: item of the array, counted through all."""

    def code(target, builder, signature, arguments):
        data = target.make_array(array)(target, builder, arguments[0]).data
        i8, i32 = ir.IntType(8), ir.IntType(32)
        place = builder.bitcast(builder.gep(data, [arguments[1]]), i8.as_pointer())
        function = ir.FunctionType(ir.VoidType(), [place.type, i32, i32, i32])
        hint = builder.module.declare_intrinsic("llvm.prefetch", [place.type], function)
        builder.call(hint, [place, i32(_READ), i32(_KEEP), i32(_DATA)])
        return target.get_dummy_value()

    return types.void(array, types.intp), code
