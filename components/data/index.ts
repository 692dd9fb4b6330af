export { Data, type DataArgs, dataRequest } from "./data.ts";
