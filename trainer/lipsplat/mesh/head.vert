#version 330
// Pinhole projection with a crop in pixels. Row 0 of the target is the picture's top row.
uniform vec3 camera;
uniform vec3 lens;   // focal length and principal point, px
uniform mat3 crop;   // pixels of the lens to pixels of the picture
uniform vec2 size;   // px
uniform vec2 planes; // near and far, dm
in vec3 position;
in vec3 normal;
in vec2 uv;
in float label;
in float inside;
out vec3 world_normal;
out vec3 to_camera;
out vec2 texel;
out float depth_inside;
flat out uint mark;

void main() {
    vec3 d = position - camera;
    float z = -d.z;
    vec2 pixel = lens.yz + lens.x * vec2(d.x, -d.y) / z;
    vec2 ndc = 2.0 * (crop * vec3(pixel, 1.0)).xy / size - 1.0;
    float a = (planes.y + planes.x) / (planes.y - planes.x);
    float b = -2.0 * planes.y * planes.x / (planes.y - planes.x);
    gl_Position = vec4(ndc * z, a * z + b, z);
    world_normal = normal;
    to_camera = -d;
    texel = uv;
    depth_inside = inside;
    mark = uint(label + 0.5);
}
