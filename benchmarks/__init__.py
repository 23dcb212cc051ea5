"""Speed of training, compared with ordinary training loops.

cases        the networks that are trained
torch_loops  ordinary PyTorch loops: a bare loop, two data loaders
keras_loops  ordinary Keras loops: a bare compiled step, `model.fit`
race         in one process: this project and the loops in turn, timed

`python -m benchmarks --out build/bench.json` runs each framework in a
process of its own, with one thread and with two. Only the ratios are
meaningful: both sides of a ratio are measured in turn, in one process.
"""
