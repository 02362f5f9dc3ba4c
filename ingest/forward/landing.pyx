# cython: language_level=3
"""Bytes that are written before anybody sees them, where they stand.

What is read from a socket into a `bytearray` must be copied to become `bytes`, and memory that is new to the process is
the dearest part of taking a chunk in. Python itself makes `bytes` as it is done here: allocated first, then filled, and
handed out when that is done.
"""

from cpython.buffer cimport PyBuffer_FillInfo
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize


cdef class Landing:
    """Memory for `size` bytes, written through the buffer protocol until it is taken.

    Raises:
        MemoryError: there is too little.
    """

    cdef bytes whole
    cdef Py_ssize_t size
    cdef bint is_taken

    def __cinit__(self, Py_ssize_t size):
        self.whole = PyBytes_FromStringAndSize(NULL, size)
        self.size = size

    def __getbuffer__(self, Py_buffer *view, int flags):
        if self.is_taken:
            raise BufferError("what has landed is not written any more")
        PyBuffer_FillInfo(view, self, PyBytes_AS_STRING(self.whole), self.size, 0, flags)

    def take(self):
        """The bytes. All of them must have been written, and nobody may write any more, also through older views."""
        self.is_taken = True
        return self.whole
