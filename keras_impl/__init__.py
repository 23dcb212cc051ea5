"""The Keras backend. Each file has a counterpart in `torch_impl`.

layers/, optimizers/, initializers, losses, penalties, clipping, schedules
            builders: one function for each element, which returns a `Call`
introspect/ readers: from a live object back to its element
extensions, initializer_extensions, optimizer_extensions, random_extensions
            subclasses for what Keras has no class for
emit        source code of a network, a loss or an optimiser
datasets    known images, by the framework's own loaders
model       a network from its layers
updates     from a gradient to new parameters
tensors     arrays to and from Keras
weights     tensors of a model under their neutral names
engine      the process: precision, threads, seeds, steps, gradients;
            the only file that imports TensorFlow
draws       what the framework itself draws in a run, recorded
trainer     the trainer that `common.training.loop` drives
"""
