// The package: the element, and the models that it takes where it is told of no others.
import "./models";

export * from "../element/index";
