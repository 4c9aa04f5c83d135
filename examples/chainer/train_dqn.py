"""Reinforcement learning: a deep Q-network learns to catch a falling ball.

The ball falls one row a step from a random column of a small grid; a paddle in the last row moves
left, stays or moves right. Catching gives 1, missing -1.

    catenary run examples/chainer/train_dqn.py --episode 600
"""

import argparse
import collections
import os

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np


class Catch:
    def __init__(self, size, rng):
        self.size = size
        self.rng = rng
        self.n_actions = 3

    def reset(self):
        self.row, self.ball = 0, self.rng.randint(self.size)
        self.paddle = self.rng.randint(self.size)
        return self.observe()

    def observe(self):
        grid = np.zeros((2, self.size, self.size), np.float32)
        grid[0, self.row, self.ball] = 1
        grid[1, self.size - 1, self.paddle] = 1
        return grid.ravel()

    def step(self, action):
        """What is seen next, the reward, and whether the episode is over."""
        self.paddle = min(max(self.paddle + action - 1, 0), self.size - 1)
        self.row += 1
        done = self.row == self.size - 1
        reward = (1.0 if self.ball == self.paddle else -1.0) if done else 0.0
        return self.observe(), reward, done


class QFunction(chainer.Chain):
    def __init__(self, n_units, n_actions):
        super().__init__()
        with self.init_scope():
            self.l1 = L.Linear(None, n_units)
            self.l2 = L.Linear(n_units, n_units)
            self.l3 = L.Linear(n_units, n_actions, initialW=chainer.initializers.LeCunNormal(0.1))

    def forward(self, x):
        h = F.relu(self.l1(x))
        h = F.relu(self.l2(h))
        return self.l3(h)


class Replay:
    """The last steps; batches are drawn from them."""

    def __init__(self, capacity):
        self.steps = collections.deque(maxlen=capacity)

    def append(self, *step):
        self.steps.append(step)

    def sample(self, n):
        chosen = np.random.randint(len(self.steps), size=n)
        columns = zip(*(self.steps[i] for i in chosen))
        dtypes = (np.float32, np.int32, np.float32, np.float32, np.float32)
        return [np.array(column, dtype) for column, dtype in zip(columns, dtypes)]


def act(q, observation, epsilon):
    if np.random.rand() < epsilon:
        return np.random.randint(3)
    with chainer.using_config("train", False), chainer.no_backprop_mode():
        values = q(q.xp.asarray(observation[None]))
    return int(q.xp.argmax(values.array))


def loss_of(q, target, batch, gamma):
    """The Huber loss of double Q-learning."""
    x, action, reward, x_next, done = batch
    with chainer.no_backprop_mode():
        best = F.argmax(q(x_next), axis=1).array
        value_next = F.select_item(target(x_next), best).array
    goal = reward + gamma * (1 - done) * value_next
    value = F.select_item(q(x), action)
    return F.mean(F.huber_loss(value, goal, delta=1.0, reduce="no"))


def main():
    parser = argparse.ArgumentParser(description="Chainer example: DQN")
    parser.add_argument("--batchsize", "-b", type=int, default=32)
    parser.add_argument("--episode", "-e", type=int, default=600)
    parser.add_argument("--device", "-d", default="-1", help="-1: CPU; 0, 1, ...: GPUs")
    parser.add_argument("--out", "-o", default="result", help="folder of the results")
    parser.add_argument("--resume", "-r", help="folder to resume from")
    parser.add_argument("--unit", "-u", type=int, default=32)
    parser.add_argument("--size", type=int, default=6, help="rows and columns of the grid")
    parser.add_argument("--gamma", type=float, default=0.95)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    np.random.seed(args.seed)
    device = chainer.get_device(args.device)
    device.use()
    env = Catch(args.size, np.random.RandomState(args.seed))
    q = QFunction(args.unit, env.n_actions)
    q.to_device(device)
    q(device.send(env.reset()[None]))  # gives the first layer its shape
    target = q.copy(mode="copy")
    optimizer = chainer.optimizers.Adam(alpha=0.002)
    optimizer.setup(q)
    if args.resume:
        chainer.serializers.load_npz(os.path.join(args.resume, "q.npz"), q)
        chainer.serializers.load_npz(os.path.join(args.resume, "optimizer.npz"), optimizer)

    replay = Replay(2000)
    rewards = collections.deque(maxlen=100)
    for episode in range(1, args.episode + 1):
        epsilon = max(0.05, 1 - episode / (0.6 * args.episode))
        observation, done = env.reset(), False
        while not done:
            action = act(q, observation, epsilon)
            observation_next, reward, done = env.step(action)
            replay.append(observation, action, reward, observation_next, float(done))
            observation = observation_next
            if len(replay.steps) >= args.batchsize:
                batch = [device.send(part) for part in replay.sample(args.batchsize)]
                optimizer.update(loss_of, q, target, batch, args.gamma)
        rewards.append(reward)
        if episode % 10 == 0:
            target.copyparams(q)
        if episode % 100 == 0:
            print(f"episode {episode}  mean reward {np.mean(rewards):.2f}")

    caught = []
    for _ in range(100):
        observation, done = env.reset(), False
        while not done:
            observation, reward, done = env.step(act(q, observation, 0))
        caught.append(reward > 0)
    print(f"caught {np.mean(caught):.2f}")
    os.makedirs(args.out, exist_ok=True)
    chainer.serializers.save_npz(os.path.join(args.out, "q.npz"), q)
    chainer.serializers.save_npz(os.path.join(args.out, "optimizer.npz"), optimizer)


if __name__ == "__main__":
    main()
