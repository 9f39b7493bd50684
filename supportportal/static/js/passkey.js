/* Passkeys: a form that says data-passkey="create" or "get" asks the browser for one before it is sent.

   What to ask stands in the page (data-passkey-options: the id of it) or at an address (data-passkey-from). */
(() => {
  "use strict";
  const say = (what, shown) => {
    const said = document.querySelector(`[data-passkey-${what}]`);
    if (said) said.hidden = !shown;
  };

  const optionsOf = async (form) => {
    if (form.dataset.passkeyOptions) return JSON.parse(document.getElementById(form.dataset.passkeyOptions).textContent);
    const answer = await fetch(form.dataset.passkeyFrom, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(`passkey: ${answer.status}`);
    return answer.json();
  };

  /* A passkey that signs in alone lives on the device and knows who holds it. */
  const create = async (form) => {
    const options = (await optionsOf(form)).creation_options;
    const alone = form.elements.passwordless?.checked ?? false;
    const wanted = options.publicKey.authenticatorSelection;
    wanted.residentKey = alone ? "required" : "discouraged";
    wanted.requireResidentKey = alone;
    if (alone) wanted.userVerification = "required";
    return window.webauthnJSON.create(options);
  };

  const get = async (form) => window.webauthnJSON.get((await optionsOf(form)).request_options);

  const ask = async (event) => {
    const form = event.target;
    event.preventDefault();
    say("failed", false);
    try {
      const credential = await (form.dataset.passkey === "create" ? create(form) : get(form));
      form.elements.credential.value = JSON.stringify(credential);
      form.submit();
    } catch {
      say("failed", true); /* cancelled, timed out, or no such key: the page says what else there is */
    }
  };

  document.addEventListener("DOMContentLoaded", () => {
    const forms = document.querySelectorAll("form[data-passkey]");
    if (!forms.length) return;
    if (!window.PublicKeyCredential) {
      say("missing", true);
      document.querySelectorAll("form[data-passkey] button, [form=mfa_login]").forEach((button) => (button.disabled = true));
      return;
    }
    forms.forEach((form) => form.addEventListener("submit", ask));
  });
})();
