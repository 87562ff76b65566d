/** The least that the engine can be asked for: a program that loads the SDK and declares nothing. */
import "@pulumi/pulumi";
