"""Hypothesis strategies for the values of fields."""

import math

from hypothesis import strategies as st

from logstore.model.schema import Kind

VALUES = {
    Kind.BOOL: st.booleans(),
    Kind.INT: st.integers(-(2**63), 2**63 - 1),
    Kind.UINT: st.integers(2**63, 2**64 - 1),
    Kind.FLOAT: st.floats(),
    Kind.TEXT: st.text(),
    Kind.JSON: st.sampled_from(["[]", "{}", "[1,NaN]", '["a",null]', '[{"a":1}]', "[18446744073709551615]"]),
}

VALUES_OF_ANY_KIND = st.sampled_from(sorted(VALUES)).flatmap(lambda kind: st.tuples(st.just(kind), VALUES[kind]))


def comparable(value):
    """Something that is equal for equal values only: types and signs of zero count, NaN is itself."""
    if isinstance(value, float):
        return "float", "nan" if math.isnan(value) else (value, math.copysign(1, value))
    return type(value).__name__, value
