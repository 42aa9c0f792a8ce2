import { start } from "../components/shell";

start();
