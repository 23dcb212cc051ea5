"""The Keras backend. Each file has a counterpart in `torch_impl`.

layers/, optimizers/, initializers, losses, penalties, clipping, schedules
            builders: one function for each element, which returns a `Call`
introspect/ readers: from a live object back to its element
extensions, initializer_extensions, optimizer_extensions, random_extensions,
schedule_extensions
            subclasses for what Keras has no class for
emit        source code of a network, a loss or an optimiser
datasets    standard image data sets, by the framework's loaders
model       a network from its layers
updates     accumulation, clipping and the optimiser's step
tensors     arrays to and from Keras
weights     tensors of a model by their neutral names
engine      the process: precision, threads, seeds, steps, gradients;
            the only file that imports TensorFlow
draws       a record of the framework's own random draws in a run
trainer     the trainer of `common.training.loop`
"""
