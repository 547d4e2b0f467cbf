using SidecarPatterns.AotTest;

return await ScenarioRunner.RunAsync(Scenarios.All, Console.Out);
