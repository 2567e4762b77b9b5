# JAX as a peer: the same network, Adam and augmentation, a whole stretch of steps (an epoch) in one jitted scan; dense, on
# all cores that it may use. `pip install jax numpy`, then
#   python jax_peer.py --data FOLDER [--batch N] [--hidden N,N] [--augment batched|none] [--epochs N] [--until ACCURACY]
# It prints a line of JSON for each stretch, the first of which has the time to compile in it.

import time

import jax
import jax.numpy as jnp
import numpy

import recipe

told = recipe.arguments("MNIST by JAX").parse_args()
train_images, train_labels, test_images, test_labels = recipe.read_mnist(told.data)
images, labels = jnp.asarray(train_images[: told.samples]), jnp.asarray(train_labels[: told.samples])


def first_parameters():
    random = numpy.random.default_rng(told.seed)
    sizes = [784, *told.hidden, 10]
    draw = lambda inputs, shape: random.uniform(-1, 1, shape).astype(numpy.float32) * numpy.float32(recipe.bound(inputs))
    return [(draw(i, (i, o)), draw(i, (o,))) for i, o in zip(sizes, sizes[1:])]


def turned_and_cropped(key, batch):
    """Each image turned by up to 10 degrees about its centre (nearest pixel) and moved by up to 2 pixels either way."""
    count = len(batch)
    for_angles, for_shifts = jax.random.split(key)
    angles = jax.random.uniform(for_angles, (count, 1, 1), minval=-10.0, maxval=10.0) * (jnp.pi / 180)
    shifts = jax.random.randint(for_shifts, (2, count, 1, 1), -2, 3)
    rows = (jnp.arange(28)[None, :, None] + shifts[0]).astype(jnp.float32)
    columns = (jnp.arange(28)[None, None, :] + shifts[1]).astype(jnp.float32)
    cosine, sine = jnp.cos(angles), jnp.sin(angles)
    from_row = jnp.round(cosine * (rows - 13.5) - sine * (columns - 13.5) + 13.5).astype(jnp.int32)
    from_column = jnp.round(sine * (rows - 13.5) + cosine * (columns - 13.5) + 13.5).astype(jnp.int32)
    inside = lambda at: (at >= 0) & (at < 28)
    known = inside(rows) & inside(columns) & inside(from_row) & inside(from_column)
    place = jnp.clip(from_row, 0, 27) * 28 + jnp.clip(from_column, 0, 27)
    pixels = jnp.take_along_axis(batch.reshape(count, 784), place.reshape(count, 784), axis=1)
    return jnp.where(known.reshape(count, 784), pixels, 0)


def normalised(pixels):
    return pixels.reshape(len(pixels), 784).astype(jnp.float32) / 127.5 - 1


def logits_of(parameters, values):
    for weights, biases in parameters[:-1]:
        values = jax.nn.relu(values @ weights + biases)
    weights, biases = parameters[-1]
    return values @ weights + biases


def loss_of(parameters, pixels, wanted):
    logits = logits_of(parameters, normalised(pixels))
    own = jnp.take_along_axis(jax.nn.log_softmax(logits), wanted[:, None], axis=1)
    return -jnp.mean(own), jnp.sum(jnp.argmax(logits, axis=1) == wanted)


def stretch(state, numbers, rates, images, labels):
    def step(state, now):
        parameters, first, second, count, key = state
        batch, rate = now
        key, own = jax.random.split(key)
        pixels = images[batch]
        if told.augment == "batched":
            pixels = turned_and_cropped(own, pixels)
        (loss, hits), gradient = jax.value_and_grad(loss_of, has_aux=True)(parameters, pixels, labels[batch])
        count = count + 1
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradient)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradient)
        of_first, of_second = 1 - 0.9**count, 1 - 0.999**count
        adam = lambda p, m, v: p - rate * (m / of_first) / (jnp.sqrt(v / of_second) + 1e-8)
        return (jax.tree.map(adam, parameters, first, second), first, second, count, key), (loss, hits)

    state, (losses, hits) = jax.lax.scan(step, state, (numbers, rates))
    return state, jnp.mean(losses), jnp.sum(hits)


def hits_of(parameters, values, labels):
    return jnp.sum(jnp.argmax(logits_of(parameters, values), axis=1) == labels)


test_values = jnp.asarray(test_images.reshape(-1, 784).astype(numpy.float32) / 127.5 - 1)
test_labels = jnp.asarray(test_labels)
trained, tested = jax.jit(stretch), jax.jit(hits_of)
parameters = first_parameters()
zeros = jax.tree.map(numpy.zeros_like, parameters)
state = (parameters, zeros, zeros, numpy.float32(0), jax.random.PRNGKey(told.seed))
steps = 0
for numbers, rates in recipe.stretches(told):
    began = time.perf_counter()
    state, loss, hits = jax.block_until_ready(trained(state, numbers, rates, images, labels))
    seconds = time.perf_counter() - began
    steps += len(numbers)
    figures = dict(steps=steps, samplesPerSecond=numbers.size / seconds, loss=float(loss), accuracy=int(hits) / numbers.size)
    if told.until is None:
        recipe.tell(**figures)
        continue
    test = int(tested(state[0], test_values, test_labels)) / len(test_labels)
    recipe.tell(**figures, test=test)
    if test >= told.until:
        break

if told.until is None:
    seconds = []
    for _ in range(1 + recipe.WARM_EVALUATIONS):
        began = time.perf_counter()
        jax.block_until_ready(tested(state[0], test_values, test_labels))
        seconds.append(time.perf_counter() - began)
    recipe.tell(evaluatedPerSecond=len(test_labels) / float(numpy.median(seconds[1:])))
