import { offerPassword } from "../components/password_form";
import { start } from "../components/shell";

start();
offerPassword(() => { location.reload(); });
