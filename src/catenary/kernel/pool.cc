// The thread pool: runs chunks of kernels on several threads. No Python in it; loaded by ctypes.
//
// Two kinds of threads can share the work. torch's own wait for their next parallel region awake,
// for some milliseconds after each: found so, they are taken along as a team, since a thread of ours
// would have to share its processor with one that only waits. But a team's end waits for every
// member, so otherwise helpers of our own are woken: the caller never waits for one that has not
// begun, and a helper without a processor delays nothing.

#include <dlfcn.h>
#include <pthread.h>
#include <time.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace {

using Function = void (*)(int64_t, int64_t, void*, void*, void*);

// One of the arrays that a kernel walks.
struct Stream {
  int64_t column;  // its place among the row's pointers
  int64_t bytes;   // of one value; 0 ends a list of streams
};

constexpr int64_t kLine = 64;       // bytes that come from memory together
constexpr int64_t kFetched = 4096;  // bytes of each stream that are asked for beforehand

struct Chunk {
  Function function;
  void* pointers;
  void* scalars;
  int64_t start;
  int64_t count;
  void* out;
  const Stream* streams;

  void run() const {
    if (count > 0) function(start, count, pointers, scalars, out);
  }

  // Ask memory for the beginning of every stream where the chunk begins a tensor. A processor sees for
  // itself that somebody walks an array, but a small tensor is over by then.
  void fetch() const {
    if (start > 0) return;
    for (const Stream* stream = streams; stream->bytes > 0; ++stream) {
      const char* line = static_cast<const char* const*>(pointers)[stream->column];
      const char* const end = line + std::min(count * stream->bytes, kFetched);
      for (; line < end; line += kLine) {
        __builtin_prefetch(line);
        asm volatile("" : : "r"(line));  // or compilers leave out a loop that changes nothing
      }
    }
  }
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

// Chunks, and how many of them are taken at a time.
struct Work {
  const Chunk* chunks;
  int64_t count;
  int64_t batch;

  int64_t batches() const { return (count + batch - 1) / batch; }

  void run(int64_t at) const {
    const Chunk* end = chunks + std::min(count, (at + 1) * batch);
    for (const Chunk* chunk = chunks + at * batch; chunk < end; ++chunk) {
      if (chunk + 1 < end) chunk[1].fetch();
      chunk->run();
    }
  }

  void run_all() const {
    for (int64_t at = 0; at < batches(); ++at) run(at);
  }
};

void relax() {
#if defined(__SSE2__)
  _mm_pause();
#else
  std::this_thread::yield();
#endif
}

// ---- torch's own threads
using Parallel = void (*)(void (*)(void*), void*, unsigned, unsigned);

// How GNU's OpenMP runtime begins a parallel region; null where torch brings another runtime.
const Parallel parallel = reinterpret_cast<Parallel>(dlsym(RTLD_DEFAULT, "GOMP_parallel"));

bool forked = false;  // OpenMP's threads do not survive a fork, and it does not notice

// The threads that share the parallel regions of the thread that owns this.
class Team {
 public:
  // Whether all of them run at this moment: between regions, that is waiting awake for the next.
  bool waits_awake(int threads) {
    if (parallel == nullptr || forked) return false;
    if (threads != threads_) meet(threads);
    before_.clear();
    for (const clockid_t clock : clocks_) before_.push_back(spent(clock));
    bool awake = !clocks_.empty();
    for (size_t i = 0; i < clocks_.size(); ++i) {
      const int64_t now = spent(clocks_[i]);
      if (now < 0) threads_ = 0;  // the thread has ended: meet those of today next time
      awake = awake && now > before_[i];
    }
    return awake;
  }

  // Run on all of them; return when all have come back.
  void run(const Work& work, int threads, bool flush) const {
    Region region{work, flush};
    parallel(Region::enter, &region, static_cast<unsigned>(threads), 0);
  }

 private:
  struct Region {
    const Work& work;
    bool flush;
    std::atomic<int64_t> taken{0};

    static void enter(void* self) {
      Region& region = *static_cast<Region*>(self);
      const Flushing flushing(region.flush);
      const int64_t batches = region.work.batches();
      for (int64_t at; (at = region.taken.fetch_add(1, std::memory_order_relaxed)) < batches;) {
        region.work.run(at);
      }
    }
  };

  struct Meeting {
    Team& team;
    pthread_t caller;
    std::mutex one_at_a_time;

    static void enter(void* self) {
      Meeting& meeting = *static_cast<Meeting*>(self);
      clockid_t clock;
      if (pthread_equal(pthread_self(), meeting.caller)) return;
      if (pthread_getcpuclockid(pthread_self(), &clock) != 0) return;
      const std::lock_guard<std::mutex> lock(meeting.one_at_a_time);
      meeting.team.clocks_.push_back(clock);
    }
  };

  void meet(int threads) {
    clocks_.clear();
    Meeting meeting{*this, pthread_self(), {}};
    parallel(Meeting::enter, &meeting, static_cast<unsigned>(threads), 0);
    threads_ = threads;
  }

  // Nanoseconds that a thread has run; -1 if it is no more.
  static int64_t spent(clockid_t clock) {
    timespec time;
    if (clock_gettime(clock, &time) != 0) return -1;
    return int64_t{time.tv_sec} * 1000000000 + time.tv_nsec;
  }

  int threads_ = 0;
  std::vector<clockid_t> clocks_;
  std::vector<int64_t> before_;
};

thread_local Team team;

// ---- helpers of our own: the caller takes batches from the low end, helpers from the high end; one
// word holds how many each took and which run they belong to
constexpr int kBits = 20;
constexpr uint64_t kMask = (uint64_t{1} << kBits) - 1;
constexpr int64_t kMostBatches = int64_t{1} << kBits;
constexpr int kSpins = 4000;

struct Pool {
  // | run number (24 bits) | taken by helpers (20 bits) | taken by the caller (20 bits) |
  std::atomic<uint64_t> word{0};
  std::atomic<uint32_t> run{0};
  std::atomic<int64_t> finished{0};
  std::atomic<const Chunk*> chunks{nullptr};
  std::atomic<int64_t> count{0};
  std::atomic<int64_t> batch{1};
  std::atomic<int> wanted{0};
  std::atomic<bool> flush{false};
  std::mutex busy;
  int helpers = 0;
};

Pool* pool = new Pool;  // never destroyed: helpers may outlive main

uint64_t number_of(uint32_t run) { return uint64_t{run & 0xFFFFFFu} << (2 * kBits); }

// Take one batch of run `number`; -1 if none is left or the run is over.
int64_t take(Pool& p, uint64_t number, int64_t batches, bool from_low) {
  uint64_t seen = p.word.load(std::memory_order_acquire);
  for (;;) {
    if ((seen & ~((uint64_t{1} << (2 * kBits)) - 1)) != number) return -1;
    const int64_t low = static_cast<int64_t>(seen & kMask);
    const int64_t high = static_cast<int64_t>((seen >> kBits) & kMask);
    if (low + high >= batches) return -1;
    const uint64_t next = seen + (from_low ? 1 : (uint64_t{1} << kBits));
    if (p.word.compare_exchange_weak(seen, next, std::memory_order_acq_rel)) {
      return from_low ? low : batches - 1 - high;
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
    const Work work{p->chunks.load(std::memory_order_acquire),
                    p->count.load(std::memory_order_acquire),
                    p->batch.load(std::memory_order_acquire)};
    const Flushing flushing(p->flush.load(std::memory_order_acquire));
    // A batch taken under this run's number belongs to this `work`: the caller waits for it.
    for (int64_t at; (at = take(*p, number_of(run), work.batches(), false)) >= 0;) {
      work.run(at);
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

void run_with_helpers(Pool& p, const Work& work, int helpers, bool flush) {
  grow(p, helpers);
  const uint32_t run = p.run.load(std::memory_order_relaxed) + 1;
  // Close the old run before its data change, so that no late helper takes a batch of it.
  p.word.store(number_of(run) | kMask, std::memory_order_seq_cst);
  p.chunks.store(work.chunks, std::memory_order_release);
  p.count.store(work.count, std::memory_order_release);
  p.batch.store(work.batch, std::memory_order_release);
  p.wanted.store(helpers, std::memory_order_release);
  p.flush.store(flush, std::memory_order_release);
  p.finished.store(0, std::memory_order_release);
  p.word.store(number_of(run), std::memory_order_seq_cst);
  p.run.store(run, std::memory_order_release);
  p.run.notify_all();
  for (int64_t at; (at = take(p, number_of(run), work.batches(), true)) >= 0;) work.run(at);
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
void after_fork_in_child() {
  pool = new Pool;
  forked = true;
}

struct AtFork {
  AtFork() { pthread_atfork(nullptr, nullptr, after_fork_in_child); }
} at_fork;

// The fewest values that are worth another thread: of one that waits awake, and of one that has to
// be woken.
constexpr int64_t kBatchValues = 16384;
constexpr int64_t kHelperValues = 262144;

// Batches that each thread gets of much work: few, since memory is slow wherever a walk begins anew,
// and enough to end together.
constexpr int64_t kBatchesEach = 16;

}  // namespace

// Which sources this was compiled from: `setup.py` says it.
extern "C" const char* catenary_sources() { return CATENARY_SOURCES; }

// Run chunks of `values` values together on up to `threads` threads.
extern "C" void catenary_run_chunks(const void* first, int64_t count, int64_t values, int threads,
                                    int flush) {
  const int64_t wanted = std::max(kBatchValues, values / (kBatchesEach * std::max(1, threads)));
  const int64_t batch = std::max<int64_t>(1, wanted * count / std::max<int64_t>(1, values));
  const Work work{static_cast<const Chunk*>(first), count, batch};
  const Flushing flushing(flush != 0);
  const bool divides = threads > 1 && work.batches() > 1;
  if (divides && team.waits_awake(threads)) {
    team.run(work, threads, flush != 0);
    return;
  }
  const int helpers = static_cast<int>(std::min<int64_t>(threads - 1, values / kHelperValues));
  Pool& p = *pool;
  // A second Python thread that steps at the same time runs alone.
  std::unique_lock<std::mutex> lock(p.busy, std::defer_lock);
  if (!divides || helpers < 1 || work.batches() >= kMostBatches || !lock.try_lock()) {
    work.run_all();
  } else {
    run_with_helpers(p, work, helpers, flush != 0);
  }
}
