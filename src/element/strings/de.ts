import type { Strings } from "../types";

export const german: Strings = {
  head: "Ein sprechender Kopf, eine künstliche Person",
  loading: "Der Kopf wird geladen",
  download: "Wird geladen",
  compile: "Wird vorbereitet",
  warmUp: "Läuft warm",
  megabytes: "{loaded} von {total} MB",
  steps: "{loaded} von {total}",
  retry: "Noch einmal versuchen",
  noConsent: "Für dieses Gesicht liegt keine Einwilligung vor",
  controls: "Wiedergabe",
  play: "Abspielen",
  pause: "Pause",
  stop: "Anhalten",
  talk: "Sprechen: dein Mikrofon bewegt das Gesicht",
  stopTalking: "Nicht mehr zuhören",
  mute: "Ton aus",
  unmute: "Ton an",
  volume: "Lautstärke",
  seek: "Stelle",
  position: "{time} von {duration}",
  live: "Live",
  errors: {
    "bundle-unreachable": [
      "Der Avatar oder das Sprachmodell konnte nicht geholt werden: %",
      "Prüfe Adresse und Netz und versuche es noch einmal.",
    ],
    "bundle-corrupt": [
      "Der Avatar oder das Sprachmodell ist beschädigt: %",
      "Lade die Seite neu; bleibt es dabei, exportiere den Avatar noch einmal.",
    ],
    "avatar-too-large": [
      "Der Avatar ist zu groß für den Speicher dieses Geräts: %",
      "Schließe andere Seiten und lade neu, oder nimm einen Avatar mit weniger Gaußkernen.",
    ],
    "worker-died": [
      "Ein Teil des Spielers ist stehen geblieben: %",
      "Er wurde neu gestartet; geschieht es wieder, lade die Seite neu.",
    ],
  },
};
