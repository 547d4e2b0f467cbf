using BenchmarkDotNet.Running;
using SidecarPatterns.Benchmarks;

switch (args)
{
    case ["--quick", .. string[] names]:
        return QuickRun.Run(names);

    case ["--results", string folder, .. string[] names]:
        return ResultsRun.Run(folder, names);

    case [SoakCommand.Verb, .. string[] rest]:
        return await SoakCommand.RunAsync(rest);

    case [IdleSidecars.Verb, string count]:
        IdleSidecars.Report(int.Parse(count, System.Globalization.CultureInfo.InvariantCulture));
        return 0;

    case [LoopbackServer.Verb]:
        return await LoopbackServer.RunAsync();

    default:
        BenchmarkSwitcher.FromAssembly(typeof(Part).Assembly).Run(args);
        return 0;
}
