"""How fast training is, beside what a person would write instead.

cases        the networks that are trained
torch_loops  what one writes in PyTorch: a bare loop, two data loaders
keras_loops  what one writes in Keras: a bare compiled step, `model.fit`
race         inside a process: ours and theirs in turn, against the clock

`python -m benchmarks --out build/bench.json` runs each framework in a
process of its own, with one thread and with two. Only the ratios mean
something: both sides of one were measured in turn, in one process.
"""
