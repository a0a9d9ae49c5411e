"""From a video of a person to an avatar: `lipsplat doctor` looks at the footage, `lipsplat create` makes the avatar."""
