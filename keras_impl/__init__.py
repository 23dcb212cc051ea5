"""How Keras does it. Read each file beside its namesake in `torch_impl`.

layers, activations, initializers, losses, penalties, clipping, optimizers,
schedules
            the phrase book: one short function for each element
extensions  what Keras lacks a class for
initializer_extensions, optimizer_extensions, random_extensions
            the same for initialisers, optimisers, and what draws at random
reading     from a live object back to its element
emit        source code from what the phrase book says
datasets    known images, by the framework's own loaders
model       a network from its layers
updates     from a gradient to new parameters
tensors     arrays in and out
weights     learnt tensors in and out, under their neutral names
engine      the process: precision, threads, seeds, steps, gradients;
            the one file that touches TensorFlow
draws       what the framework itself draws in a run, recorded
trainer     what `common.training.loop` drives
"""
