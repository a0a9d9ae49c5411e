import "./models";

export * from "../element/define";
