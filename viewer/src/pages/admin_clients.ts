import { startConsole } from "../components/console";

startConsole();
