export { Edge, type EdgeArgs } from "./edge.ts";
