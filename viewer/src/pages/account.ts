import { proving } from "../components/act_form";
import { startConsole } from "../components/console";
import { offerPassword } from "../components/password_form";
import { say } from "../components/toast";
import { askForPart } from "../core/api";
import { fill, need, on } from "../core/dom";
import { t } from "../core/words";

startConsole();
offerPassword(() => { say(t("password-changed")); });
on("submit", '[data-form="begin-factor"]', (form, event) => {
  event.preventDefault();
  void proving(form as HTMLFormElement, async () => {
    const place = need('[data-part="factor"]', HTMLElement);
    fill(place, await askForPart("POST", "/viewer/account/second-factor"));
    form.hidden = true;
    place.focus();
  });
});
