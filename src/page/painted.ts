import { firstPaint } from "../element/first-paint";

// The page is seen before it is at work.
await firstPaint();
