// Reads what a step must know of many tensors at once. No Python in it and nothing of torch's headers:
// torch's functions come by address, and a tensor is what they take, a pointer to an at::Tensor.

#include <cstdint>

namespace {

using Tensor = const void*;  // where an at::Tensor lies, which is one pointer to its implementation

// What `tensors.py` looks up in torch's libraries, in its order. Those that return an int return 0
// when they succeed.
struct Torch {
  Tensor (*grad)(const void* implementation);
  bool (*requires_grad)(const void* implementation);
  int (*is_defined)(Tensor, bool*);
  int (*get_layout)(Tensor, int32_t*);
  int (*get_dtype)(Tensor, int32_t*);
  int (*get_dim)(Tensor, int64_t*);
  int (*get_sizes)(Tensor, int64_t**);
  int (*get_strides)(Tensor, int64_t**);
  int (*get_data_ptr)(Tensor, void**);
};

constexpr int64_t kNear = 8, kFar = 16;  // how many tensors ahead memory is asked for
constexpr int kLine = 64, kLines = 4;    // bytes that come together; how many of a tensor are asked for

const void* implementation_of(Tensor tensor) { return *static_cast<const void* const*>(tensor); }

void fetch_implementation(Tensor tensor) {
  const char* first = static_cast<const char*>(implementation_of(tensor));
  for (int line = 0; line < kLines; ++line) __builtin_prefetch(first + line * kLine);
}

struct Shape {
  int64_t dimensions = 0;
  int64_t* sizes = nullptr;
  int64_t* strides = nullptr;

  bool read(const Torch& torch, Tensor tensor) {
    return torch.get_dim(tensor, &dimensions) == 0 && torch.get_sizes(tensor, &sizes) == 0 &&
           torch.get_strides(tensor, &strides) == 0;
  }
};

// Whether a gradient is dense, and its elements lie in memory as the parameter's do.
bool lies_alike(const Torch& torch, Tensor gradient, Tensor parameter) {
  int32_t layout = 0, wanted_layout = 0, dtype = 0, wanted_dtype = 0;
  Shape shape, wanted;
  if (torch.get_layout(gradient, &layout) != 0 || torch.get_layout(parameter, &wanted_layout) != 0 ||
      layout != wanted_layout || torch.get_dtype(gradient, &dtype) != 0 ||
      torch.get_dtype(parameter, &wanted_dtype) != 0 || dtype != wanted_dtype ||
      !shape.read(torch, gradient) || !wanted.read(torch, parameter) ||
      shape.dimensions != wanted.dimensions) {
    return false;
  }
  for (int64_t i = 0; i < shape.dimensions; ++i) {
    if (shape.sizes[i] != wanted.sizes[i]) return false;
    if (shape.sizes[i] != 1 && shape.strides[i] != wanted.strides[i]) return false;
  }
  return true;
}

}  // namespace

// Whether the data of every tensor begin at the address given for it.
extern "C" int catenary_lie_at(const Torch* torch, const Tensor* tensors, int64_t count,
                               const int64_t* addresses, int64_t step) {
  for (int64_t i = 0; i < count; ++i) {
    void* data = nullptr;
    if (torch->get_data_ptr(tensors[i], &data) != 0) return 0;
    if (reinterpret_cast<int64_t>(data) != addresses[i * step]) return 0;
  }
  return 1;
}

// Write the address of every parameter's gradient; return whether each has one that lies as it does,
// and each wants one.
extern "C" int catenary_read_gradients(const Torch* torch, const Tensor* parameters, int64_t count,
                                       int64_t* addresses, int64_t step) {
  // Each answer lies in memory behind the one before it. Asked one after the other for many tensors,
  // and with the next ones' memory under way, they wait for each other no more.
  for (int64_t i = 0; i < count; ++i) {
    if (i + kFar < count) __builtin_prefetch(parameters[i + kFar]);
    if (i + kNear < count) fetch_implementation(parameters[i + kNear]);
    const void* implementation = implementation_of(parameters[i]);
    if (!torch->requires_grad(implementation)) return 0;
    const Tensor gradient = torch->grad(implementation);
    __builtin_prefetch(gradient);
    addresses[i * step] = reinterpret_cast<int64_t>(gradient);
  }
  for (int64_t i = 0; i < count; ++i) {
    if (i + kNear < count) fetch_implementation(reinterpret_cast<Tensor>(addresses[(i + kNear) * step]));
    const auto gradient = reinterpret_cast<Tensor>(addresses[i * step]);
    bool defined = false;
    if (torch->is_defined(gradient, &defined) != 0 || !defined) return 0;
    if (!lies_alike(*torch, gradient, parameters[i])) return 0;
  }
  for (int64_t i = 0; i < count; ++i) {
    const auto gradient = reinterpret_cast<Tensor>(addresses[i * step]);
    void* data = nullptr;
    if (torch->get_data_ptr(gradient, &data) != 0 || data == nullptr) return 0;
    addresses[i * step] = reinterpret_cast<int64_t>(data);
  }
  return 1;
}
