"""The inner loops of the scheduler, compiled to machine code by Numba.

Everything here works on `Arrays`: the plant as flat tables, built once per problem. The modules above this package
decide what to do; these functions do it a few hundred times faster than Python would. They hold no Python objects and
release the interpreter lock, so several of them run side by side in threads.

Compiled code is kept (`production.compiling`), so only the first call on a machine waits for the compiler;
`python -m production.scheduling.kernel` compiles ahead of that.
"""
