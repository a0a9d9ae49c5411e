// Tile-based Gaussian rasterizer for the CPU, forward and backward, behind a plain C interface.
// Conventions: ARCHITECTURE.md "Gaussian conventions"; maths: Kerbl et al. 2023, EWA splatting (Zwicker et al. 2001).
// Each row of a 16x16 tile is one vector of 16 lanes.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <vector>

namespace {

constexpr int TILE = 16;
constexpr float NEAR = 0.2f, DILATION = 0.3f, ALPHA_MIN = 1.0f / 255.0f, ALPHA_MAX = 0.99f, T_STOP = 1e-4f;

struct Camera {
  int width, height;
  float focal, cx, cy;
};

struct Splat {           // a Gaussian on the image
  float x, y, depth;     // pixels, pixels, dm
  float a, b, c;         // conic: power = -(a dx^2 + c dy^2) / 2 - b dx dy
  float opacity, limit;  // limit: the least power that still counts
  float rgb[3];
  int x0, y0, x1, y1;    // pixel box, half open; empty when dropped
};

struct Plan {
  Camera camera;
  int count, tiles_x, tiles_y;
  std::vector<Splat> splats;
  std::vector<int> tile_start, splat_from_pair;
};

// One row of a tile. The vector extension of GCC and Clang: they split it for machines with narrower registers.
typedef float Row __attribute__((vector_size(4 * TILE)));
typedef int32_t RowBits __attribute__((vector_size(4 * TILE)));

constexpr Row splat_row(float v) { return v - Row{}; }
const Row LANE = {0.5f, 1.5f, 2.5f, 3.5f, 4.5f, 5.5f, 6.5f, 7.5f, 8.5f, 9.5f, 10.5f, 11.5f, 12.5f, 13.5f, 14.5f, 15.5f};

inline float sum(const Row& v) {
  float total = 0;
  for (int i = 0; i < TILE; i++) total += v[i];
  return total;
}

inline bool any(const RowBits& v) {
  int32_t bits = 0;
  for (int i = 0; i < TILE; i++) bits |= v[i];
  return bits != 0;
}

// exp(x) for x in [-87, 0], relative error below 3e-7.
inline Row fast_exp(Row x) {
  Row t = x * 1.442695041f;
  RowBits whole = __builtin_convertvector(t + 127.5f, RowBits);  // biased, so that truncation rounds
  Row f = (t - (__builtin_convertvector(whole, Row) - 127.0f)) * 0.6931471806f;
  Row p = 1 + f * (1 + f * (0.5f + f * (0.16666667f + f * (0.041666667f + f * (0.0083333333f + f * 0.0013888889f)))));
  return p * reinterpret_cast<Row>(whole << 23);
}

struct Jacobian {
  float inv, tx, ty;     // 1/depth; clamped X/Z and Y/Z (image axes: y down)
  bool free_x, free_y;
};

Jacobian jacobian(const float* m, const Camera& k) {
  float lx = 1.3f * 0.5f * k.width / k.focal, ly = 1.3f * 0.5f * k.height / k.focal;
  float inv = 1 / m[2], u = m[0] * inv, v = m[1] * inv;
  return {inv, std::clamp(u, -lx, lx), std::clamp(v, -ly, ly), std::fabs(u) <= lx, std::fabs(v) <= ly};
}

// mean (3): camera axes, x right, y down, z depth. cov (6): xx xy xz yy yz zz.
Splat project(const float* mean, const float* cov, float opacity, const float* rgb, const Camera& k) {
  Splat s{};
  bool finite = std::isfinite(opacity);
  for (int i = 0; i < 3; i++) finite = finite && std::isfinite(mean[i]) && std::isfinite(rgb[i]);
  for (int i = 0; i < 6; i++) finite = finite && std::isfinite(cov[i]);
  if (!finite || mean[2] <= NEAR || opacity < ALPHA_MIN) return s;
  Jacobian j = jacobian(mean, k);
  float g = k.focal * j.inv;
  float u = j.tx, v = j.ty;
  // J = g [[1, 0, -u], [0, 1, -v]]
  float xx = g * g * (cov[0] - 2 * u * cov[2] + u * u * cov[5]) + DILATION;
  float xy = g * g * (cov[1] - u * cov[4] - v * cov[2] + u * v * cov[5]);
  float yy = g * g * (cov[3] - 2 * v * cov[4] + v * v * cov[5]) + DILATION;
  float det = xx * yy - xy * xy;
  if (!(det > 0)) return s;
  s.x = k.cx + k.focal * mean[0] * j.inv;
  s.y = k.cy + k.focal * mean[1] * j.inv;
  s.depth = mean[2];
  s.a = yy / det; s.b = -xy / det; s.c = xx / det;
  s.opacity = opacity;
  s.limit = std::log(ALPHA_MIN / opacity);
  float reach = -2 * s.limit;
  float rx = std::sqrt(reach * xx), ry = std::sqrt(reach * yy);
  for (int i = 0; i < 3; i++) s.rgb[i] = rgb[i];
  auto edge = [](float value, int most) { return static_cast<int>(std::clamp(value, 0.0f, static_cast<float>(most))); };
  s.x0 = edge(std::floor(s.x - rx - 0.5f), k.width); s.x1 = edge(std::ceil(s.x + rx + 0.5f), k.width);
  s.y0 = edge(std::floor(s.y - ry - 0.5f), k.height); s.y1 = edge(std::ceil(s.y + ry + 0.5f), k.height);
  return s;
}

// Is the ellipse inside this row of tiles' columns? The exact interval of x in the rows [y0, y1) it can reach.
bool row_span(const Splat& s, float y0, float y1, float& lo, float& hi) {
  float reach = -2 * s.limit, det = s.a * s.c - s.b * s.b;
  float top = y0 - s.y, bottom = y1 - s.y, ry = std::sqrt(reach * s.a / det);
  top = std::max(top, -ry); bottom = std::min(bottom, ry);
  if (top > bottom) return false;
  auto half = [&](float dy) { return std::sqrt(std::max(0.0f, s.b * s.b * dy * dy - s.a * (s.c * dy * dy - reach))) / s.a; };
  auto mid = [&](float dy) { return -s.b * dy / s.a; };
  float rx = std::sqrt(reach * s.c / det), at = -s.b * rx / s.c;    // dy where x is greatest
  hi = std::max(mid(top) + half(top), mid(bottom) + half(bottom));
  lo = std::min(mid(top) - half(top), mid(bottom) - half(bottom));
  if (at >= top && at <= bottom) hi = rx;
  if (-at >= top && -at <= bottom) lo = -rx;
  lo += s.x; hi += s.x;
  return true;
}

Plan* make_plan(int n, const float* mean, const float* cov, const float* opacity, const float* rgb, const Camera& k) {
  auto* p = new Plan{k, n, (k.width + TILE - 1) / TILE, (k.height + TILE - 1) / TILE, {}, {}, {}};
  p->splats.resize(n);
  for (int i = 0; i < n; i++) p->splats[i] = project(mean + 3 * i, cov + 6 * i, opacity[i], rgb + 3 * i, k);
  std::vector<int> order(n);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return p->splats[a].depth < p->splats[b].depth; });
  std::vector<int> tile_from_pair, splat_from_pair;
  p->tile_start.assign(p->tiles_x * p->tiles_y + 1, 0);
  for (int i : order) {
    const Splat& s = p->splats[i];
    if (s.x0 >= s.x1 || s.y0 >= s.y1) continue;
    for (int ty = s.y0 / TILE; ty <= (s.y1 - 1) / TILE; ty++) {
      float lo, hi;
      if (!row_span(s, ty * TILE + 0.49f, ty * TILE + TILE - 0.49f, lo, hi)) continue;
      int a = std::max(s.x0 / TILE, static_cast<int>(std::floor((lo - 0.51f) / TILE)));
      int b = std::min((s.x1 - 1) / TILE, static_cast<int>(std::floor((hi + 0.51f) / TILE)));
      for (int tx = a; tx <= b; tx++) {
        tile_from_pair.push_back(ty * p->tiles_x + tx);
        splat_from_pair.push_back(i);
        p->tile_start[ty * p->tiles_x + tx + 1]++;
      }
    }
  }
  std::partial_sum(p->tile_start.begin(), p->tile_start.end(), p->tile_start.begin());
  std::vector<int> cursor(p->tile_start.begin(), p->tile_start.end() - 1);
  p->splat_from_pair.resize(splat_from_pair.size());
  for (size_t j = 0; j < splat_from_pair.size(); j++) p->splat_from_pair[cursor[tile_from_pair[j]]++] = splat_from_pair[j];
  return p;
}

struct Rows { int y0, y1; };

Rows rows_of(const Splat& s, int tile_y) { return {std::max(s.y0, tile_y) - tile_y, std::min(s.y1, tile_y + TILE) - tile_y}; }

// Opacity of a splat along one row of pixels: alpha, and alpha before its limit, 0 where it does not count.
struct Cover { Row alpha, raw; RowBits on; };

inline Cover cover(const Splat& s, const Row& square, const Row& cross, float dy, const Row& T) {
  Row power = square - 0.5f * s.c * dy * dy - cross * dy;
  RowBits on = (power >= s.limit) & (T >= T_STOP);
  power = power >= -80.0f ? power : splat_row(-80.0f);
  Row raw = s.opacity * fast_exp(power);
  raw = on ? raw : Row{};
  return {raw < ALPHA_MAX ? raw : splat_row(ALPHA_MAX), raw, on};
}

bool finished(const Row* T) {
  RowBits open{};
  for (int y = 0; y < TILE; y++) open |= T[y] >= T_STOP;
  return !any(open);
}

// Four channels: colour and coverage.
void blend_tile(const Plan& p, int tile, float* image) {
  int ty = tile / p.tiles_x * TILE, tx = tile % p.tiles_x * TILE;
  Row T[TILE], acc[4][TILE] = {};
  std::fill(T, T + TILE, splat_row(1.0f));
  for (int j = p.tile_start[tile], since = 0; j < p.tile_start[tile + 1]; j++) {
    const Splat& s = p.splats[p.splat_from_pair[j]];
    Rows r = rows_of(s, ty);
    Row dx = LANE + (tx - s.x), square = -0.5f * s.a * dx * dx, cross = s.b * dx;
    for (int y = r.y0; y < r.y1; y++) {
      Cover c = cover(s, square, cross, ty + y + 0.5f - s.y, T[y]);
      Row w = c.alpha * T[y];
      for (int k = 0; k < 3; k++) acc[k][y] += w * s.rgb[k];
      acc[3][y] += w;
      T[y] -= w;
    }
    if (++since == 16) {                                   // look for a finished tile now and then
      since = 0;
      if (finished(T)) break;
    }
  }
  for (int y = 0; y < TILE && ty + y < p.camera.height; y++)
    for (int x = 0; x < TILE && tx + x < p.camera.width; x++)
      for (int c = 0; c < 4; c++) image[((ty + y) * p.camera.width + tx + x) * 4 + c] = acc[c][y][x];
}

// Gradients of one splat on the image: x, y, conic a b c, opacity, rgb.
struct SplatGradient { float x, y, a, b, c, opacity, rgb[3]; };

// Front to back again: with D = sum of w_j (c_j . g) known from the image, what lies behind i is D less the prefix up to i.
void blend_tile_backward(const Plan& p, int tile, const float* image, const float* image_gradient, SplatGradient* out) {
  int ty = tile / p.tiles_x * TILE, tx = tile % p.tiles_x * TILE;
  Row T[TILE], behind[TILE] = {}, g[4][TILE] = {};
  std::fill(T, T + TILE, splat_row(1.0f));
  bool asked = false;
  for (int y = 0; y < TILE && ty + y < p.camera.height; y++)
    for (int x = 0; x < TILE && tx + x < p.camera.width; x++)
      for (int c = 0; c < 4; c++) {
        int at = ((ty + y) * p.camera.width + tx + x) * 4 + c;
        g[c][y][x] = image_gradient[at];
        behind[y][x] += image_gradient[at] * image[at];
        asked = asked || image_gradient[at] != 0;
      }
  if (!asked) return;
  for (int j = p.tile_start[tile], since = 0; j < p.tile_start[tile + 1]; j++) {
    int i = p.splat_from_pair[j];
    const Splat& s = p.splats[i];
    Rows r = rows_of(s, ty);
    Row dx = LANE + (tx - s.x), square = -0.5f * s.a * dx * dx, cross = s.b * dx;
    Row m0{}, m1{}, m2{}, r0{}, r1{}, r2{};                // m: sums over rows of d_power dy^0, dy^1, dy^2
    for (int y = r.y0; y < r.y1; y++) {
      float dy = ty + y + 0.5f - s.y;
      Cover c = cover(s, square, cross, dy, T[y]);
      Row w = c.alpha * T[y];
      Row cg = s.rgb[0] * g[0][y] + s.rgb[1] * g[1][y] + s.rgb[2] * g[2][y] + g[3][y];
      Row rest = behind[y] - w * cg;
      behind[y] = rest;
      Row d_alpha = T[y] * cg - rest / (1 - c.alpha);
      T[y] -= w;
      r0 += w * g[0][y]; r1 += w * g[1][y]; r2 += w * g[2][y];
      Row d_power = c.raw < ALPHA_MAX ? d_alpha * c.raw : Row{};
      m0 += d_power; m1 += d_power * dy; m2 += d_power * (dy * dy);
    }
    SplatGradient& o = out[i];
    float once = sum(m0), across = sum(m0 * dx), down = sum(m1);
    o.x += s.a * across + s.b * down;
    o.y += s.c * down + s.b * across;
    o.a -= 0.5f * sum(m0 * dx * dx); o.b -= sum(m1 * dx); o.c -= 0.5f * sum(m2);
    o.opacity += once / s.opacity;
    o.rgb[0] += sum(r0); o.rgb[1] += sum(r1); o.rgb[2] += sum(r2);
    if (++since == 16) {
      since = 0;
      if (finished(T)) break;
    }
  }
}

void project_backward(const float* mean, const float* cov, const Splat& s, const SplatGradient& d, const Camera& k,
                      float* d_mean, float* d_cov) {
  Jacobian j = jacobian(mean, k);
  float g = k.focal * j.inv, u = j.tx, v = j.ty;
  // conic = inverse of the 2D covariance: dL/dV = -Q (dL/dQ) Q, with symmetric Q = [[a, b], [b, c]]
  float qa = d.a, qb = 0.5f * d.b, qc = d.c;
  float m00 = s.a * qa + s.b * qb, m01 = s.a * qb + s.b * qc, m10 = s.b * qa + s.c * qb, m11 = s.b * qb + s.c * qc;
  float vxx = -(m00 * s.a + m01 * s.b), vxy = -(m00 * s.b + m01 * s.c), vyy = -(m10 * s.b + m11 * s.c);
  float g2 = g * g, w = 2 * vxy;                                   // w: gradient of the one number xy
  d_cov[0] = g2 * vxx;
  d_cov[1] = g2 * w;
  d_cov[2] = g2 * (-2 * u * vxx - v * w);
  d_cov[3] = g2 * vyy;
  d_cov[4] = g2 * (-2 * v * vyy - u * w);
  d_cov[5] = g2 * (u * u * vxx + u * v * w + v * v * vyy);
  float xx = cov[0] - 2 * u * cov[2] + u * u * cov[5], xy = cov[1] - u * cov[4] - v * cov[2] + u * v * cov[5];
  float yy = cov[3] - 2 * v * cov[4] + v * v * cov[5];
  float d_g = 2 * g * (vxx * xx + w * xy + vyy * yy);
  float d_u = g2 * (vxx * (-2 * cov[2] + 2 * u * cov[5]) + w * (-cov[4] + v * cov[5]));
  float d_v = g2 * (vyy * (-2 * cov[4] + 2 * v * cov[5]) + w * (-cov[2] + u * cov[5]));
  d_mean[0] = g * d.x + (j.free_x ? d_u * j.inv : 0);
  d_mean[1] = g * d.y + (j.free_y ? d_v * j.inv : 0);
  d_mean[2] = -g * j.inv * (mean[0] * d.x + mean[1] * d.y) - g * j.inv * d_g
              - (j.free_x ? d_u * u * j.inv : 0) - (j.free_y ? d_v * v * j.inv : 0);
}

}  // namespace

extern "C" {

// image (height, width, 4): premultiplied colour and coverage. The plan is kept for the backward pass.
void* raster_forward(int n, const float* mean, const float* cov, const float* opacity, const float* rgb, int width,
                     int height, float focal, float cx, float cy, float* image) {
  Plan* p = make_plan(n, mean, cov, opacity, rgb, {width, height, focal, cx, cy});
  int tiles = p->tiles_x * p->tiles_y;
#pragma omp parallel for schedule(dynamic, 4)
  for (int t = 0; t < tiles; t++) blend_tile(*p, t, image);
  return p;
}

// d_screen (n, 2): gradient of the image position, which densification looks at.
void raster_backward(void* plan, const float* mean, const float* cov, const float* image, const float* d_image,
                     float* d_mean, float* d_cov, float* d_opacity, float* d_rgb, float* d_screen) {
  const Plan& p = *static_cast<Plan*>(plan);
  int tiles = p.tiles_x * p.tiles_y;
  std::vector<SplatGradient> total(p.count, SplatGradient{});
#pragma omp parallel
  {
    std::vector<SplatGradient> own(p.count, SplatGradient{});
#pragma omp for schedule(dynamic, 4)
    for (int t = 0; t < tiles; t++) blend_tile_backward(p, t, image, d_image, own.data());
#pragma omp critical
    for (int i = 0; i < p.count; i++) {
      auto *a = reinterpret_cast<float*>(&total[i]), *b = reinterpret_cast<float*>(&own[i]);
      for (size_t k = 0; k < sizeof(SplatGradient) / 4; k++) a[k] += b[k];
    }
  }
  for (int i = 0; i < p.count; i++) {
    const Splat& s = p.splats[i];
    if (s.x0 >= s.x1 || s.y0 >= s.y1) continue;
    project_backward(mean + 3 * i, cov + 6 * i, s, total[i], p.camera, d_mean + 3 * i, d_cov + 6 * i);
    d_opacity[i] = total[i].opacity;
    for (int c = 0; c < 3; c++) d_rgb[3 * i + c] = total[i].rgb[c];
    d_screen[2 * i] = total[i].x;
    d_screen[2 * i + 1] = total[i].y;
  }
}

void raster_free(void* plan) { delete static_cast<Plan*>(plan); }
}
