// The thread pool: runs chunks of kernels on several threads. No Python in it; loaded by ctypes.
//
// The caller takes chunks from the low end, helpers from the high end; one word holds how many each
// took and which run they belong to. The caller never waits for a helper that has not begun, so a
// helper without a processor delays nothing.

#include <pthread.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <thread>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace {

using Function = void (*)(int64_t, int64_t, void*, void*, void*);

struct Chunk {
  Function function;
  void* pointers;
  void* scalars;
  int64_t start;
  int64_t count;
  void* out;
};

// Flush subnormal results and operands to zero for as long as this lives.
class Flushing {
 public:
  explicit Flushing(bool on) : on_(on) {
    if (!on_) return;
#if defined(__SSE2__)
    before_ = _mm_getcsr();
    _mm_setcsr(static_cast<unsigned>(before_) | 0x8040u);
#elif defined(__aarch64__)
    __asm__ volatile("mrs %0, fpcr" : "=r"(before_));
    __asm__ volatile("msr fpcr, %0" : : "r"(before_ | (uint64_t{1} << 24)));
#endif
  }
  ~Flushing() {
    if (!on_) return;
#if defined(__SSE2__)
    _mm_setcsr(static_cast<unsigned>(before_));
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" : : "r"(before_));
#endif
  }
  Flushing(const Flushing&) = delete;
  Flushing& operator=(const Flushing&) = delete;

 private:
  bool on_;
  uint64_t before_ = 0;
};

void run_chunk(const Chunk& chunk) {
  if (chunk.count > 0) {
    chunk.function(chunk.start, chunk.count, chunk.pointers, chunk.scalars, chunk.out);
  }
}

void relax() {
#if defined(__SSE2__)
  _mm_pause();
#else
  std::this_thread::yield();
#endif
}

constexpr int kBits = 20;
constexpr uint64_t kMask = (uint64_t{1} << kBits) - 1;
constexpr int64_t kMostChunks = int64_t{1} << kBits;
constexpr int kSpins = 4000;

struct Pool {
  // | run number (24 bits) | taken by helpers (20 bits) | taken by the caller (20 bits) |
  std::atomic<uint64_t> word{0};
  std::atomic<uint32_t> run{0};
  std::atomic<int64_t> finished{0};
  std::atomic<const Chunk*> chunks{nullptr};
  std::atomic<int64_t> count{0};
  std::atomic<int> wanted{0};
  std::atomic<bool> flush{false};
  std::mutex busy;
  int helpers = 0;
};

Pool* pool = new Pool;  // never destroyed: helpers may outlive main

uint64_t number_of(uint32_t run) { return uint64_t{run & 0xFFFFFFu} << (2 * kBits); }

// Take one chunk of run `number`; -1 if none is left or the run is over.
int64_t take(Pool& p, uint64_t number, int64_t count, bool from_low) {
  uint64_t seen = p.word.load(std::memory_order_acquire);
  for (;;) {
    if ((seen & ~((uint64_t{1} << (2 * kBits)) - 1)) != number) return -1;
    const int64_t low = static_cast<int64_t>(seen & kMask);
    const int64_t high = static_cast<int64_t>((seen >> kBits) & kMask);
    if (low + high >= count) return -1;
    const uint64_t next = seen + (from_low ? 1 : (uint64_t{1} << kBits));
    if (p.word.compare_exchange_weak(seen, next, std::memory_order_acq_rel)) {
      return from_low ? low : count - 1 - high;
    }
  }
}

void help(Pool* p, int index, uint32_t seen) {
  for (;;) {
    for (int i = 0; i < kSpins && p->run.load(std::memory_order_acquire) == seen; ++i) relax();
    p->run.wait(seen, std::memory_order_acquire);
    const uint32_t run = p->run.load(std::memory_order_acquire);
    if (run == seen) continue;
    seen = run;
    if (index >= p->wanted.load(std::memory_order_acquire)) continue;
    const int64_t count = p->count.load(std::memory_order_acquire);
    const Chunk* chunks = p->chunks.load(std::memory_order_acquire);
    const Flushing flushing(p->flush.load(std::memory_order_acquire));
    // A chunk taken under this run's number belongs to these `chunks`: the caller waits for it.
    for (int64_t at; (at = take(*p, number_of(run), count, false)) >= 0;) {
      run_chunk(chunks[at]);
      p->finished.fetch_add(1, std::memory_order_release);
    }
  }
}

void grow(Pool& p, int helpers) {
  while (p.helpers < helpers) {
    try {
      std::thread(help, &p, p.helpers, p.run.load()).detach();
    } catch (...) {
      return;  // no more threads to be had: the caller does the work
    }
    ++p.helpers;
  }
}

void run_alone(const Chunk* chunks, int64_t count) {
  for (int64_t i = 0; i < count; ++i) run_chunk(chunks[i]);
}

void run_together(Pool& p, const Chunk* chunks, int64_t count, int threads, bool flush) {
  grow(p, threads - 1);
  const uint32_t run = p.run.load(std::memory_order_relaxed) + 1;
  // Close the old run before its data change, so that no late helper takes a chunk of it.
  p.word.store(number_of(run) | kMask, std::memory_order_seq_cst);
  p.chunks.store(chunks, std::memory_order_release);
  p.count.store(count, std::memory_order_release);
  p.wanted.store(threads - 1, std::memory_order_release);
  p.flush.store(flush, std::memory_order_release);
  p.finished.store(0, std::memory_order_release);
  p.word.store(number_of(run), std::memory_order_seq_cst);
  p.run.store(run, std::memory_order_release);
  p.run.notify_all();
  for (int64_t at; (at = take(p, number_of(run), count, true)) >= 0;) run_chunk(chunks[at]);
  const int64_t theirs =
      static_cast<int64_t>((p.word.load(std::memory_order_acquire) >> kBits) & kMask);
  for (int i = 0; p.finished.load(std::memory_order_acquire) < theirs; ++i) {
    if (i < kSpins) {
      relax();
    } else {
      std::this_thread::yield();
    }
  }
}

// Threads do not survive a fork; the child begins with a pool of its own.
void after_fork_in_child() { pool = new Pool; }

struct AtFork {
  AtFork() { pthread_atfork(nullptr, nullptr, after_fork_in_child); }
} at_fork;

}  // namespace

extern "C" void catenary_run(const void* first, int64_t count, int threads, int flush) {
  const Chunk* chunks = static_cast<const Chunk*>(first);
  const Flushing flushing(flush != 0);
  Pool& p = *pool;
  // A second Python thread that steps at the same time runs alone; so do a few chunks.
  const bool alone = threads <= 1 || count <= 1 || count >= kMostChunks;
  std::unique_lock<std::mutex> lock(p.busy, std::defer_lock);
  if (alone || !lock.try_lock()) {
    run_alone(chunks, count);
  } else {
    run_together(p, chunks, count, threads, flush != 0);
  }
}
