/** English: changes of the person’s other devices. */
export const notices = {
  title: {
    added: "Phone activated",
    reactivated: "Phone reactivated",
    removed: "Device removed",
  },
  body: {
    added: (device: string) => `Countersign now works on ${device}. Not you? Open this.`,
    reactivated: (device: string) => `Countersign now works on ${device}. Not you? Open this.`,
    removed: (device: string) => `${device} no longer confirms your sign-ins. Not you? Open this.`,
  },
  open: "Open",
  more: (n: number) => `${n} more changes wait after these.`,
  question: {
    added: (device: string) => `Did you add ${device}?`,
    reactivated: (device: string) => `Did you reactivate ${device}?`,
    removed: (device: string) => `Did you remove ${device}?`,
  },
  answerLater: "Close without answering",
  device: "Device",
  wasMe: "It was me",
  saving: "Sending…",
  notMe: "This wasn’t me",
  stopping: "Stopping it…",
  mineTitle: "Thank you",
  mineBody: {
    added: (device: string) => `${device} can confirm your sign-ins.`,
    reactivated: (device: string) => `${device} can confirm your sign-ins.`,
    removed: (device: string) => `${device} stays removed.`,
  },
  stopped: {
    added: (device: string) => `${device} is stopped`,
    reactivated: (device: string) => `${device} is stopped`,
    removed: () => "Reported",
  },
  stoppedBody: {
    added: "It can’t confirm sign-ins or make passcodes that work.",
    reactivated: "It can’t confirm sign-ins or make passcodes that work. The Service Desk can help you activate it again.",
    removed: "Its keys can’t come back. Activate it again, or ask the Service Desk.",
  },
  reported: "Reported to the Service Desk",
  reportedBody: "You’re also signed out of My Settings & Devices everywhere.",
  failed: "It didn’t get through. Try again, or call your Service Desk.",
  goneTitle: "This changed meanwhile",
  goneBody: "There is a newer change of this device, or it was answered before. If anything seems wrong, call your Service Desk.",
};
