#version 330
// Wrapped diffuse light, one highlight, darkness inside the mouth. Light is linear, pictures are sRGB (by gamma 2: pow is slow on a CPU).
uniform sampler2D picture;
uniform vec3 tint;  // linear factor of the texture
uniform vec3 lips;  // linear factor where the skin's texture is lip-coloured
uniform vec2 gloss; // strength and exponent of the highlight
uniform float soft; // 0: Lambert; more: light goes round the edge, as under skin
uniform float cut;  // texture alpha below which nothing is drawn
uniform vec3 key, key_colour, fill, fill_colour, above, below;
in vec3 world_normal;
in vec3 to_camera;
in vec2 texel;
in float depth_inside;
flat in uint mark;
layout(location = 0) out vec4 colour;
layout(location = 1) out uint label;

vec3 lit(vec3 n, vec3 v, vec3 l, vec3 albedo, vec3 light) {
    float diffuse = max((dot(n, l) + soft) / (1.0 + soft), 0.0);
    float highlight = gloss.x * pow(max(dot(n, normalize(l + v)), 0.0), gloss.y) * step(0.0, dot(n, l));
    return light * (albedo * diffuse + highlight);
}

void main() {
    vec4 sampled = texture(picture, texel);
    if (sampled.a < cut) discard;
    vec3 n = normalize(world_normal), v = normalize(to_camera);
    if (dot(n, v) < 0.0 && cut > 0.0) n = -n; // cards have two sides
    vec3 albedo = sampled.rgb * sampled.rgb;
    float redness = sampled.r - 0.5 * (sampled.g + sampled.b);
    albedo *= tint * mix(vec3(1.0), lips, smoothstep(0.22, 0.34, redness));
    vec3 light = albedo * mix(below, above, 0.5 + 0.5 * n.y) + lit(n, v, key, albedo, key_colour)
               + lit(n, v, fill, albedo, fill_colour);
    light /= 1.0 + 5.0 * depth_inside + 12.0 * depth_inside * depth_inside;
    colour = vec4(sqrt(clamp(light, 0.0, 1.0)), 1.0);
    label = mark;
}
